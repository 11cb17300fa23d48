import JobRunner
import Logging
import RecordStore
import Settings

/// One round of a job that queues again what failed and, where it says so, what is in doubt.
struct RerunRound {
    let house: House
    let job: JobDefinition
    let rerun: JobDefinition.Rerun

    /// Queues the records; the batches run again under their own jobs.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws {
        for batch in try house.store.batches() where concerns(batch) {
            let selection = RequeueSelection(
                statuses: statuses, since: house.clock.now - rerun.youngerThan.milliseconds)
            let count = try await house.store.requeue(batch.id, selection)
            guard count > 0 else { continue }
            let provenance = house.rules.provenance
            try await house.store.recordAction(
                Action(
                    at: house.clock.now, batch: batch.id, name: "rerun",
                    detail: "job \(job.name): \(count) records", provenance: provenance))
            house.log.notice(
                "records queued again", metadata: batch.logged(["by": "\(job.name)", "count": "\(count)"]))
        }
        house.batchBell.ring()
    }

    /// Only batches that are over: what stands still waits for a person.
    private func concerns(_ batch: Batch) -> Bool {
        guard batch.state == .completed, rerun.jobs?.contains(batch.job) ?? true else { return false }
        return statuses.contains { batch.counts[$0] > 0 }
    }

    private var statuses: Set<RecordStatus> {
        Set(
            rerun.statuses.map { status in
                switch status {
                case .failed: .failed
                case .inDoubt: .inDoubt
                }
            })
    }
}
