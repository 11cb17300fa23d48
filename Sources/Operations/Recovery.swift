import IdentityInsightsClient
import JobRunner
import RecordStore

/// Tries today's keys on the answers that could not be deciphered when they came: they were billed once already.
struct Recovery: KeptAnswerReading {
    let store: RecordStore
    let client: IdentityInsightsClient
    let requireEncryptedAnswers: Bool
    /// Answers kept in memory at once.
    private static let groupSize = 500

    /// Turns records in doubt whose kept answer can be read now into succeeded ones; no call is made. An answer to another
    /// call is not taken.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: How many could be read, and how many could not.
    /// - Throws: `StoreError` when state could not be read or written.
    func readKeptAnswers(of batch: BatchID) async throws -> (read: Int, unread: Int) {
        var (read, unread, group) = (0, 0, [RecoveredAnswer]())
        // Read when the first answer can be.
        var known: RecentAnswers?
        try await store.forEachKeptAnswer(batch) { view in
            guard !view.isRepeated else { return }
            guard let found = try answer(in: view) else { return unread += 1 }
            guard try isItsOwn(found, view, &known) else { return }
            group.append(found)
            guard group.count == Self.groupSize else { return }
            read += try await store.accept(group)
            group = []
        }
        if !group.isEmpty { read += try await store.accept(group) }
        return (read, unread)
    }

    private func answer(in view: RecordView) throws -> RecoveredAnswer? {
        guard let kept = try view.answer,
            let found = client.redeciphered(kept, requireEncryptedAnswers: requireEncryptedAnswers)
        else { return nil }
        return RecoveredAnswer(
            record: view.record, answer: found.answer, requestRefID: found.requestRefID, hasWarnings: found.hasWarnings,
            warning: found.warning)
    }

    /// Whether an answer is the one to the record's own call, by the same rule as when it comes.
    private func isItsOwn(
        _ found: RecoveredAnswer, _ view: RecordView, _ known: inout RecentAnswers?
    ) throws -> Bool {
        guard let reference = found.requestRefID else { return true }
        var answers = try known ?? RecentAnswers(store.recentAnswers())
        defer { known = answers }
        return Reply.isAnswer(reference, to: view.correlationID) && answers.insert(AnswerReference(reference))
    }
}
