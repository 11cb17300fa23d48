import JobRunner
import Logging
import RecordStore
import Settings

/// One round of a job that queues again what failed and, where it says so, what is in doubt.
struct RerunRound {
    let house: House
    let job: JobDefinition
    let rerun: JobDefinition.Rerun
    /// What a job did by its schedule, told apart from the `rerun` of an operator.
    static let actionName = "rerun_by_job"

    /// Queues the records; the batches run again under their own jobs.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws {
        for batch in try house.store.batches() where concerns(batch) {
            let count = try await house.store.requeue(batch.id, RequeueSelection(statuses: statuses))
            guard count > 0 else { continue }
            let provenance = house.rules.provenance
            try await house.store.recordAction(
                Action(
                    at: house.clock.now, batch: batch.id, name: Self.actionName,
                    detail: "job \(job.name): \(count) records", provenance: provenance))
            house.log.notice(
                "records queued again", metadata: batch.logged(["by": "\(job.name)", "count": "\(count)"]))
        }
        house.batchBell.ring()
    }

    /// Only batches that are over: what stands still waits for a person. The age is the batch's: that of a record would
    /// begin anew with each re-run, and one that fails for good be sent every morning for ever.
    private func concerns(_ batch: Batch) -> Bool {
        let oldest = house.clock.now - rerun.youngerThan.milliseconds
        guard batch.state == .completed, batch.createdAt >= oldest, rerun.jobs?.contains(batch.job) ?? true else {
            return false
        }
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
