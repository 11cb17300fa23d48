import JobRunner
import Synchronization

/// Answers every request alike and at once, in place of the API, each time under another identifier.
final class CannedSubmitter: RecordSubmitter {
    private let answered = Atomic(0)

    func submit(_ request: [UInt8]) async -> Reply {
        let number = answered.wrappingAdd(1, ordering: .relaxed).newValue
        let identifier = CannedAnswer.identifier(number)
        return Reply(
            .answered(status: 200, body: .answer(Reply.Answer(CannedAnswer.bytes)), retryAfter: nil),
            correlationID: identifier, requestRefID: identifier)
    }
}
