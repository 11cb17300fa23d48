import IdentityInsightsClient
import JobRunner
import RecordStore

/// Tries today's keys on the answers that could not be deciphered when they came: they were billed once already.
struct Recovery {
    let store: RecordStore
    let client: IdentityInsightsClient
    let requireEncryptedAnswers: Bool
    /// Answers kept in memory at once.
    private static let groupSize = 500

    /// Turns records in doubt whose kept answer can be read now into succeeded ones; no call is made.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: How many could be read.
    /// - Throws: `StoreError` when state could not be read or written.
    func recover(_ batch: BatchID) async throws -> Int {
        var (count, from) = (0, 0)
        while let group = try nextGroup(of: batch, after: from) {
            count += try await store.accept(group.answers)
            from = group.lastLine
        }
        return count
    }

    private struct GroupIsFull: Error {}

    /// The next answers that can be read; nil where no record in doubt is left.
    private func nextGroup(of batch: BatchID, after line: Int) throws -> (answers: [RecoveredAnswer], lastLine: Int)? {
        var answers = [RecoveredAnswer]()
        var lastLine: Int?
        do {
            try store.forEachRecord(batch, statuses: [.inDoubt], lines: (line + 1)...Int(UInt32.max)) { view in
                lastLine = view.line
                if let answer = try answer(in: view) { answers.append(answer) }
                if answers.count == Self.groupSize { throw GroupIsFull() }
            }
        } catch is GroupIsFull {}
        return lastLine.map { (answers, $0) }
    }

    private func answer(in view: RecordView) throws -> RecoveredAnswer? {
        guard let kept = try view.answer,
            let found = client.redeciphered(kept, requireEncryptedAnswers: requireEncryptedAnswers)
        else { return nil }
        return RecoveredAnswer(
            record: view.record, answer: found.answer, requestRefID: found.requestRefID, hasWarnings: found.hasWarnings,
            warning: found.warning)
    }
}
