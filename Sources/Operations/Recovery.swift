import IdentityInsightsClient
import RecordStore

/// Tries today's keys on the answers that could not be deciphered when they came: they were billed once already.
struct Recovery {
    let session: RunSession

    /// Turns records in doubt whose kept answer can be read now into succeeded ones; no call is made.
    ///
    /// - Returns: How many could be read.
    func recover(_ batch: BatchID) async throws -> Int {
        var recovered = [RecoveredAnswer]()
        try session.store.forEachRecord(batch, statuses: [.inDoubt], lines: nil) { view in
            guard let kept = try view.answer, let found = session.client.redeciphered(kept) else { return }
            recovered.append(
                RecoveredAnswer(
                    record: view.record, answer: found.answer, requestRefID: found.requestRefID,
                    hasWarnings: found.hasWarnings))
        }
        return try await session.store.accept(recovered)
    }
}
