import JobRunner

/// Answers every request alike and at once, in place of the API.
struct CannedSubmitter: RecordSubmitter {
    func submit(_ request: [UInt8]) async -> Reply {
        Reply(
            .answered(status: 200, body: .answer(CannedAnswer.bytes), retryAfter: nil),
            correlationID: CannedAnswer.identifier, requestRefID: CannedAnswer.identifier)
    }
}
