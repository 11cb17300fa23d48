import Basics
import JobRunner
import RecordStore
import Settings

/// One round through everything that is due. What cannot be erased is named in its outcome and does not keep the rest from
/// being so.
struct RetentionRound {
    let context: DaemonContext
    let rules: RetentionRules

    /// Erases what is due in the database, then files.
    ///
    /// - Returns: What was erased, and what was not.
    /// - Throws: `StoreError` when state could not be read or written.
    func perform() async throws -> RetentionOutcome {
        var outcome = RetentionOutcome()
        guard !rules.keepEverything else { return outcome }
        let (store, now) = (context.store, context.clock.now)
        // What was begun and interrupted is completed, whatever is due now.
        try await attempt("purges that were interrupted", &outcome) { _ in _ = try await store.finishPurges() }
        let plan = try await rules.plan(of: store, at: now)
        outcome.kept = plan.kept
        for due in plan.due where !isEnding {
            try await attempt(due.batch.name, &outcome) { try await erase(due, &$0) }
        }
        guard !isEnding else { return outcome }
        try await attempt("a month's key", &outcome) {
            $0.months = try await store.destroySpentPeriods(at: now).map(\.description)
        }
        if outcome.hasErased {
            // Where somebody reads just now, maintenance overwrites what is left.
            _ = try await store.emptyWAL()
        }
        try await removeFiles(of: plan, &outcome)
        return outcome
    }

    private var isEnding: Bool { Task.isCancelled || context.stop.isRaised }

    private func attempt(
        _ what: String, _ outcome: inout RetentionOutcome, _ body: (inout RetentionOutcome) async throws -> Void
    ) async throws {
        context.attendance.expect(RetentionService.name, patience: Attendance.longPatience)
        do {
            try await body(&outcome)
        } catch  where !error.endsTheDaemon {
            outcome.faults.append("\(what): \(OperationFailure(error).message)")
        }
    }

    private func erase(_ due: RetentionPlan.Due, _ outcome: inout RetentionOutcome) async throws {
        let (store, batch) = (context.store, due.batch)
        if let instant = due.reusedBefore {
            outcome.reusedAnswers += try await store.eraseReusedAnswers(of: batch.id, answeredBefore: instant)
        }
        guard let scope = due.scope else { return }
        let action = Action(
            at: context.clock.now, batch: batch.id, name: .purge,
            detail: "retention: \(scope.rawValue) of \(Counted.things(batch.counts.total, "record"))",
            provenance: context.configuration.provenance)
        guard try await store.purge(batch.id, scope, at: context.clock.now, noting: action) else { return }
        (outcome.batches, outcome.lines) = (outcome.batches + 1, outcome.lines + batch.counts.total)
    }

    /// Folders may lie on a share that does not answer.
    private func removeFiles(of plan: RetentionPlan, _ outcome: inout RetentionOutcome) async throws {
        let named = try await plan.namedFolders(in: context.store)
        context.attendance.expectWithFiles(RetentionService.name)
        let (rules, now, forgotten) = (rules, context.clock.now, try await context.store.forgottenPersons())
        let removed = await BlockingWork.run {
            RetentionFiles(of: plan, named: named, under: rules, since: forgotten, at: now).remove()
        }
        outcome.files = removed.count
        outcome.faults += removed.faults
    }
}

extension RetentionPlan {
    /// Folders in which operators wanted the results of batches whose result files are due.
    ///
    /// - Returns: The folders, by batch.
    /// - Throws: `StoreError` when they cannot be read.
    func namedFolders(in store: RecordStore) async throws -> [BatchID: [String]] {
        var named: [BatchID: [String]] = [:]
        for due in due where due.kinds.contains(.outputs) {
            named[due.batch.id] = try await store.resultFolders(of: due.batch.id)
        }
        return named
    }
}
