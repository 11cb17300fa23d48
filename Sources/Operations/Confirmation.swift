import Basics
import JobRunner
import RecordStore
import Results
import Settings

/// Asks before a batch that costs much or looks wrong, or leaves it waiting where nobody can be asked.
struct Confirmation {
    let store: RecordStore
    let job: JobDefinition
    let pricing: Pricing?
    let stop: StopSignal
    let console: Console
    let yes: Bool

    /// Whether the batch may run now; if not it stands in `awaiting_confirmation`.
    func allows(_ batch: Batch) async throws -> Bool {
        guard [.ingesting, .awaitingConfirmation].contains(batch.state) else { return true }
        let admission = try await Spending(store: store, job: job, pricing: pricing).admission(of: batch)
        guard !yes, let reason = admission.reason, await !asked(batch, reason) else {
            if batch.state == .ingesting { try await store.finishIngest(batch.id, state: .running) }
            return true
        }
        if batch.state == .ingesting {
            try await store.finishIngest(batch.id, state: .awaitingConfirmation, reason: reason)
        } else if reason != batch.reason {
            // Other batches may have answered some of its lines since.
            try await store.renewReason(reason, ofWaiting: batch.id)
        }
        console.note(
            "\(batch.name): waits for confirmation; \(Hint.start(batch: batch.name)), or the same command again with --yes"
        )
        return false
    }

    private func asked(_ batch: Batch, _ reason: String) async -> Bool {
        console.note("\(batch.name): \(reason)")
        guard console.inputIsTerminal else { return false }
        return await console.confirms("Send them?") { stop.isRaised }
    }
}
