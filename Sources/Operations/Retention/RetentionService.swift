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
struct RetentionOutcome: Sendable, Equatable {
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
