import Basics
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
            guard try await !waitsForAWord(batch) else { continue }
            let count = try await queued(batch)
            guard count > 0 else { continue }
            let provenance = house.rules.provenance
            try await house.store.recordAction(
                Action(
                    at: house.clock.now, batch: batch.id, name: Self.actionName,
                    detail: "job \(job.name): \(Counted.things(count, "record"))", provenance: provenance))
            house.log.notice(
                "records queued again", metadata: batch.logged(["by": "\(job.name)", "count": "\(count)"]))
        }
        house.batchBell.ring()
    }

    /// How many records were queued again; none of a batch that somebody has cancelled meanwhile.
    private func queued(_ batch: Batch) async throws -> Int {
        do {
            try await readKeptAnswers(of: batch)
            return try await house.store.requeue(batch.id, selection)
        } catch  where !error.endsTheDaemon {
            house.log.warning(
                "records are not queued again",
                metadata: batch.logged(["by": "\(job.name)", "reason": "\(OperationFailure(error).message)"]))
            return 0
        }
    }

    private func readKeptAnswers(of batch: Batch) async throws {
        guard statuses.contains(.inDoubt), batch.counts.inDoubt > 0 else { return }
        let recovery = Recovery(
            store: house.store, client: house.client.client,
            requireEncryptedAnswers: house.settings.api.requireEncryptedAnswers)
        let found = try await recovery.readKeptAnswers(of: batch.id)
        guard found.read > 0 else { return }
        house.log.notice(
            "kept answers can be read now; no call", metadata: batch.logged(["count": "\(found.read)"]))
    }

    /// What a person resolved as failed may have been billed: it goes again only where those in doubt do. What was answered
    /// is never sent again by a schedule: nobody would be told that the answer is there.
    private var selection: RequeueSelection {
        RequeueSelection(
            statuses: statuses, sparesResolved: !statuses.contains(.inDoubt), sparesAnswered: true,
            states: [.completed])
    }

    /// Whether a person has to agree to what the records of a batch cost. It stays as it is; that is told once.
    private func waitsForAWord(_ batch: Batch) async throws -> Bool {
        guard let own = house.rules.job(named: batch.job) else { return false }
        let spending = Spending(store: house.store, job: own, pricing: house.rules.place.pricing)
        let admission = try await spending.admission(ofRequeueing: selection, in: batch)
        guard let reason = admission.reason else { return false }
        if try !isTold(batch) { try await tell(batch, own, reason, isHeld: admission.isHeld) }
        return true
    }

    private static let waiting = "rerun_waits"

    private func isTold(_ batch: Batch) throws -> Bool {
        try house.store.actions(of: batch.id).last { [Self.waiting, "rerun"].contains($0.name) }?.name == Self.waiting
    }

    private func tell(_ batch: Batch, _ own: JobDefinition, _ reason: String, isHeld: Bool) async throws {
        try await house.store.recordAction(
            Action(
                at: house.clock.now, batch: batch.id, name: Self.waiting, detail: "job \(job.name): \(reason)",
                provenance: house.rules.provenance))
        house.log.warning(
            "records are not queued again: a person has to agree",
            metadata: batch.logged(["by": "\(job.name)", "reason": "\(reason)"]))
        house.tell(
            .awaitingConfirmation, of: batch, under: own, reason: reason,
            remedy: isHeld
                ? "\(Hint.resumeAfterRestore) lets them go"
                : "\(Hint.rerun(batch: batch.name, agreed: true)) sends them",
            next: isHeld ? .resumeAfterRestore : .rerun(batch: batch.name, agreed: true))
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
