import Synchronization

/// The answer that something between client and API gives again and again: that of the first call it saw.
final class ReplayedAnswer: Sendable {
    private let first = Mutex<Answer?>(nil)

    /// The first call's answer, which is this one where no other was first.
    ///
    /// - Parameters:
    ///   - answer: what the API answers to this call.
    ///   - correlationID: the identifier of this call, which a cache keeps with the answer.
    /// - Returns: the first call's.
    func replaying(_ answer: Answer, correlationID: String) -> Answer {
        first.withLock { first in
            if let first { return first }
            var kept = answer
            kept.correlationID = correlationID
            first = kept
            return kept
        }
    }
}
