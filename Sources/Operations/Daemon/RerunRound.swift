import Basics
import JobRunner
import Logging
import RecordStore
import Settings

/// One round of a job that queues again what failed and, where it says so, what is in doubt.
struct ScheduledRerun {
    let context: DaemonContext
    let job: JobDefinition
    let rerun: JobDefinition.Rerun

    /// Queues the records; the batches run again under their own jobs.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws {
        for batch in try await context.store.batches() where concerns(batch) {
            guard try await !awaitsDecision(batch) else { continue }
            let count = try await queued(batch)
            guard count > 0 else { continue }
            let provenance = context.configuration.provenance
            try await context.store.recordAction(
                Action(
                    at: context.clock.now, batch: batch.id, name: .rerunByJob,
                    detail: "job \(job.name): \(Counted.things(count, "record"))", provenance: provenance))
            context.log.notice(
                "records queued again", metadata: batch.logged(["by": "\(job.name)", "count": "\(count)"]))
        }
        context.batchWakeSignal.wakeUp()
    }

    /// How many records were queued again; none of a batch that somebody has cancelled meanwhile.
    private func queued(_ batch: Batch) async throws -> Int {
        do {
            try await readKeptAnswers(of: batch)
            return try await context.store.requeue(batch.id, selection)
        } catch  where !error.endsTheDaemon {
            context.log.warning(
                "records are not queued again",
                metadata: batch.logged(["by": "\(job.name)", "reason": "\(OperationFailure(error).message)"]))
            return 0
        }
    }

    private func readKeptAnswers(of batch: Batch) async throws {
        guard statuses.contains(.inDoubt), batch.counts.inDoubt > 0 else { return }
        let recovery = Recovery(
            store: context.store, client: context.client.client,
            requireEncryptedAnswers: context.settings.api.requireEncryptedAnswers)
        let found = try await recovery.readKeptAnswers(of: batch.id)
        guard found.read > 0 else { return }
        context.log.notice(
            "kept answers can be read now; no call", metadata: batch.logged(["count": "\(found.read)"]))
    }

    /// What an operator resolved as failed may have been billed: it goes again only where those in doubt do. What was
    /// answered is never sent again by a schedule: nobody would learn that the answer exists.
    private var selection: RequeueSelection {
        RequeueSelection(
            statuses: statuses, sparesResolved: !statuses.contains(.inDoubt), sparesAnswered: true,
            states: [.completed])
    }

    /// Whether an operator has to agree to what the records of a batch cost. The batch stays as it is, which is
    /// reported once.
    private func awaitsDecision(_ batch: Batch) async throws -> Bool {
        guard let own = context.configuration.job(named: batch.job) else { return false }
        let spending = Spending(
            store: context.store, job: own, pricing: context.configuration.place.pricing, clock: context.clock)
        let confirmation = try await spending.confirmation(ofRequeueing: selection, in: batch)
        guard let reason = confirmation.reason else { return false }
        try await report(batch, own, reason, isHeld: confirmation.isHeld)
        return true
    }

    private func report(_ batch: Batch, _ own: JobDefinition, _ reason: String, isHeld: Bool) async throws {
        let isNew = try await context.store.noteWaitingRerun(
            of: batch.id,
            noting: Action(
                at: context.clock.now, batch: batch.id, name: .rerunWaits, detail: "job \(job.name): \(reason)",
                provenance: context.configuration.provenance))
        guard isNew else { return }
        context.log.warning(
            "records are not queued again: a person has to agree",
            metadata: batch.logged(["by": "\(job.name)", "reason": "\(reason)"]))
        context.notices.notify(
            .awaitingConfirmation, of: batch, under: own, reason: reason,
            remedy: isHeld
                ? "\(Hint.resumeAfterRestore) lets them go"
                : "\(Hint.rerun(batch: batch.name, agreed: true)) sends them",
            next: isHeld ? .resumeAfterRestore : .rerun(batch: batch.name, agreed: true))
    }

    /// Only batches that are over: what stands still waits for an operator. The age is the batch's: that of a record
    /// would start again with each re-run, and one that fails for good would be sent every morning for ever.
    private func concerns(_ batch: Batch) -> Bool {
        let oldest = context.clock.now - rerun.youngerThan
        guard batch.state == .completed, batch.purged.payloads == nil, batch.createdAt >= oldest,
            rerun.jobs?.contains(batch.job) ?? true
        else { return false }
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
