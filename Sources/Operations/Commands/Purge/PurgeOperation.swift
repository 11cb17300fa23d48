import Basics
import Foundation
package import JobRunner
import RecordStore
import Settings

/// `rollcall purge`: erases what is personal of finished batches, in the database and in the files Rollcall wrote, and
/// destroys the keys of months of which nothing is left.
package struct PurgeOperation: Sendable {
    private let request: PurgeRequest
    private let console: Console
    private let clock: any RunnerClock

    /// Describes the purge.
    ///
    /// - Parameters:
    ///   - request: What to erase.
    ///   - console: Where it is told.
    ///   - clock: What the time is taken from.
    package init(_ request: PurgeRequest, console: Console = .standard, clock: any RunnerClock = SystemClock()) {
        self.request = request
        self.console = console
        self.clock = clock
    }

    /// Says what is lost and, if the operator agrees, erases it; 3 where a file cannot be removed.
    package func perform() async throws -> ExitStatus {
        let age = try age()
        guard age != nil || request.batch != nil else {
            throw OperationFailure(.usage, "say what to purge: --older-than 30d, --batch NAME, or both")
        }
        let place = try Installation(config: request.config)
        let report = try await OperatorSession.with(place, console: console) { session in
            try await purge(endedFor: age, in: session)
        }
        if request.json { console.output(json: report) }
        return report.notRemoved.isEmpty ? .succeeded : .unfinished
    }

    private func purge(endedFor age: Duration?, in session: OperatorSession) async throws -> PurgeReport {
        // What was agreed to and interrupted is completed whatever is asked for now.
        if !request.dryRun, try await session.store.finishPurges() > 0 {
            console.note("a purge that was interrupted is completed")
        }
        let plan = try await PurgePlan(
            request, in: session, endedBefore: age.map { clock.now - $0 }, now: clock.now)
        try refuse(plan)
        var report = plan.report
        report.isAtServer = session.store.isAtServer
        for line in plan.isEmpty ? ["there is nothing to purge"] : report.loss { console.note(line) }
        for batch in report.kept {
            console.note("\(batch.batch) is kept: it \(batch.reason.text); \(batch.reason.remedy(for: batch.batch))")
        }
        if request.dryRun, !plan.isEmpty { console.note("nothing is purged by --dry-run") }
        guard request.yes || request.dryRun || plan.isEmpty else {
            throw OperationFailure(.unfinished, "nothing was purged. Add --yes to do so")
        }
        if !request.dryRun { try await erase(plan, in: session, &report) }
        return report
    }

    private func age() throws -> Duration? {
        guard let text = request.olderThan else { return nil }
        guard let age = Settings.duration(text) else {
            throw OperationFailure(.usage, "--older-than wants a number with its unit, such as 30d or 12h")
        }
        return age
    }

    /// A batch that was named is not passed over in silence.
    private func refuse(_ plan: PurgePlan) throws {
        guard request.batch != nil, let kept = plan.report.kept.first else { return }
        throw OperationFailure(
            .unfinished,
            "\(kept.batch) is not purged: it \(kept.reason.text); \(kept.reason.remedy(for: kept.batch))")
    }

    /// The database first: files that are left, should this be interrupted, are found by the next purge. The months'
    /// keys last, for what they open must not be needed any more.
    private func erase(_ plan: PurgePlan, in session: OperatorSession, _ report: inout PurgeReport) async throws {
        let store = session.store
        for item in plan.items {
            if item.isDue {
                let action = try session.action(
                    .purge, of: item.batch.id,
                    detail: "\(request.scope.rawValue) of \(Counted.things(item.batch.counts.total, "record"))")
                guard try await store.purge(item.batch.id, request.scope, at: clock.now, noting: action) else {
                    console.note("\(item.batch.name) is kept: it was changed meanwhile")
                    report.purged.removeAll { $0.batch == item.batch.name }
                    continue
                }
            }
            report.notRemoved += await BlockingWork.run { item.files.remove() }
        }
        report.monthsDestroyed = try await store.destroySpentPeriods(at: clock.now).map(\.description)
        report.logIsEmpty = try await store.emptyLog()
        for line in report.done { console.note(line) }
    }
}

/// What `rollcall purge` is to do.
package struct PurgeRequest: Sendable {
    /// The settings file.
    package var config: String
    /// Only batches that ended this long ago, as a number with its unit; nil: whenever they ended.
    package var olderThan: String?
    /// Only this batch, by name or number; nil: all.
    package var batch: String?
    /// Whether records and their ledger go, too.
    package var includingLedger: Bool
    /// Whether it is only said what would be erased.
    package var dryRun: Bool
    /// Whether the operator agrees.
    package var yes: Bool
    /// Whether a report is printed as JSON.
    package var json: Bool

    /// Describes a purge.
    ///
    /// - Parameters:
    ///   - config: The settings file.
    ///   - olderThan: Only batches that ended this long ago.
    ///   - batch: Only this batch.
    ///   - includingLedger: Whether records and their ledger go, too.
    ///   - dryRun: Whether it is only said what would be erased.
    ///   - yes: Whether the operator agrees.
    ///   - json: Whether a report is printed as JSON.
    package init(
        config: String, olderThan: String? = nil, batch: String? = nil, includingLedger: Bool = false,
        dryRun: Bool = false, yes: Bool = false, json: Bool = false
    ) {
        self.config = config
        self.olderThan = olderThan
        self.batch = batch
        self.includingLedger = includingLedger
        self.dryRun = dryRun
        self.yes = yes
        self.json = json
    }

    /// How much of each batch is erased.
    var scope: PurgeScope { includingLedger ? .ledger : .results }
}
