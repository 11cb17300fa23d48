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
        guard let reason = admission.reason, admission.isHeld ? true : await !agreed(batch, reason) else {
            if batch.state == .ingesting { return try await finishIngest(of: batch, .running) }
            return true
        }
        if batch.state == .ingesting {
            guard try await finishIngest(of: batch, .awaitingConfirmation, reason) else { return false }
        } else if reason != batch.reason {
            // Other batches may have answered some of its lines since.
            try await store.renewReason(reason, ofWaiting: batch.id)
        }
        console.note(
            admission.isHeld
                ? "\(batch.name): waits: \(reason)"
                : "\(batch.name): waits for confirmation; \(Hint.start(batch: batch.name)), or the same command again with "
                    + "--yes")
        return false
    }

    /// Whether the batch went on; what somebody else has made of it meanwhile stands.
    private func finishIngest(of batch: Batch, _ state: BatchState, _ reason: String? = nil) async throws -> Bool {
        if try await store.finishIngest(batch.id, state: state, reason: reason) { return true }
        console.note("\(batch.name) is \(try store.batch(batch.id).state.rawValue) now; nothing of it is sent")
        return false
    }

    private func agreed(_ batch: Batch, _ reason: String) async -> Bool {
        if yes { return true }
        console.note("\(batch.name): \(reason)")
        guard console.inputIsTerminal else { return false }
        return await console.confirms("Send them?") { stop.isRaised }
    }
}
