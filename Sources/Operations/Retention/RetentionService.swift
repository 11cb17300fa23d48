import Basics
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// Erases each day what is older than its retention allows, and names what is needed although it is: when the daemon
/// starts, when a day begins in `limits.time_zone`, and when the settings were read again.
///
/// It works in small steps, with other writers between them, and can be ended anywhere: the next round does the rest.
struct RetentionService: Service {
    static let name = "retention"
    private let context: DaemonContext

    init(context: DaemonContext) { self.context = context }

    /// Looks at intervals whether there is something to do, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        let wakeSignal = WakeSignal()
        var last: (day: CallDay, loadedAt: WallTime)?
        var told: Set<String> = []
        var toldOfOthers: Set<String> = []
        while !Task.isCancelled {
            let rules = context.configuration
            let today = CallDay(at: context.clock.now, in: context.settings.limits.timeZone)
            if last.map({ $0 != (today, rules.loadedAt) }) ?? true {
                let outcome = try await RetentionRound(context: context, rules: rules.retentionRules).perform()
                log(outcome, &told)
                // Not at a start, so that it comes at most once a day however often the daemon is started.
                if let last, last.day < today { notify(outcome) }
                last = (today, rules.loadedAt)
            }
            try await SharedErasure(context: context).perform(&toldOfOthers)
            context.attendance.expect(Self.name, after: context.intervals.retention)
            await wakeSignal.wait(for: context.intervals.retention, on: context.clock)
        }
    }

    /// An obstacle is logged once, and again once it was gone in between.
    private func log(_ outcome: RetentionOutcome, _ told: inout Set<String>) {
        if outcome.hasErased {
            context.log.notice(
                "what is older than its retention was erased",
                metadata: [
                    "batches": "\(outcome.batches)", "lines": "\(outcome.lines)",
                    "reused_answers": "\(outcome.reusedAnswers)", "files": "\(outcome.files)",
                    "months_destroyed": "\(outcome.months.joined(separator: " "))",
                    "kept": "\(outcome.kept.count)", "not_removed": "\(outcome.faults.count)",
                ])
        }
        let obstacles = outcome.obstacles
        for obstacle in obstacles where !told.contains(obstacle) {
            context.log.warning("older than its retention and not purged", metadata: ["reason": "\(obstacle)"])
        }
        told = Set(obstacles)
    }

    private func notify(_ outcome: RetentionOutcome) {
        guard let reason = outcome.reason else { return }
        context.notices.notifyAll(
            BatchNotice(
                .notPurged, at: context.clock.now, reason: reason,
                remedy: "finish, resolve or cancel these batches, or make it possible to remove the files; it is tried "
                    + "again each day, and \(Hint.doctor) names all", next: .doctor))
    }
}

/// What one round has erased, and what it could not.
private struct RetentionOutcome: Sendable, Equatable {
    /// Batches of which something was erased in the database.
    var batches = 0
    /// Their lines.
    var lines = 0
    /// Answers of batches that stay, which were reused and whose calls are too long ago.
    var reusedAnswers = 0
    /// Months whose key was destroyed, because nothing is left that it would open.
    var months: [String] = []
    /// Files that were removed.
    var files = 0
    /// Batches that are needed.
    var kept: [RetentionPlan.Kept] = []
    /// What could not be erased or removed, and why.
    var faults: [String] = []

    /// Whether anything was erased.
    var hasErased: Bool { batches + reusedAnswers + files + months.count > 0 }

    /// What is not erased, a sentence each.
    var obstacles: [String] { kept.map { "\($0.batch.name) \($0.text)" } + faults }

    /// The same in one sentence for a notification, which names the first ones; nil where there is nothing.
    var reason: String? {
        let all = obstacles
        guard !all.isEmpty else { return nil }
        let rest = all.count > Self.mostNamed ? ["and \(Counted.number(all.count - Self.mostNamed)) more"] : []
        return "older than its retention and not purged: " + (all.prefix(Self.mostNamed) + rest).joined(separator: "; ")
    }

    /// How many obstacles a notification names.
    private static let mostNamed = 10
}

/// One round through everything that is due. What cannot be erased is named in its outcome and does not keep the rest from
/// being so.
private struct RetentionRound {
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
            _ = try await store.emptyLog()
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
