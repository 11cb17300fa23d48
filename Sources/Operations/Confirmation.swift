import JobRunner
import RecordStore
import Settings

/// Asks before a batch above `confirm_above`, or leaves it waiting where nobody can be asked.
struct Confirmation {
    let session: RunSession
    let yes: Bool

    /// Whether the batch may run now; if not it stands in `awaiting_confirmation`.
    func allows(_ batch: Batch) async throws -> Bool {
        guard needed(batch), await !asked(batch) else {
            if batch.state == .ingesting { try await session.store.finishIngest(batch.id, state: .running) }
            return true
        }
        if batch.state == .ingesting {
            try await session.store.finishIngest(batch.id, state: .awaitingConfirmation, reason: reason)
        }
        session.console.note("\(batch.name): waits for confirmation; run the same command again with --yes")
        return false
    }

    private var limit: Int { session.job.confirmAbove.calls }
    private var reason: String { "more calls than confirm_above.calls, \(limit)" }

    private func needed(_ batch: Batch) -> Bool {
        [.ingesting, .awaitingConfirmation].contains(batch.state) && !yes && batch.counts.queued > limit
    }

    private func asked(_ batch: Batch) async -> Bool {
        let estimate = Estimate(
            calls: batch.counts.queued, rate: session.configuration.rate, pricing: session.place.pricing)
        session.console.note("\(batch.name): \(estimate.text); \(reason)")
        guard session.console.inputIsTerminal else { return false }
        return await session.console.confirms("Send them?") { session.stop.isRaised }
    }
}
