import Basics
import Foundation
import RecordStore
import Settings

/// `rollcall purge`: erases what is personal of finished batches, in the database and in the files Rollcall wrote.
package struct PurgeOperation: Sendable {
    private let request: PurgeRequest
    private let console: Console

    /// Describes the purge.
    package init(_ request: PurgeRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Says what is lost and, if the operator agrees, erases it; 3 where a file cannot be removed.
    package func perform() async throws -> ExitStatus {
        let age = try age()
        guard age != nil || request.batch != nil else {
            throw OperationFailure(.usage, "say what to purge: --older-than 30d, --batch NAME, or both")
        }
        let session = try await OperatorSession(Installation(config: request.config), console: console)
        // What was agreed to and interrupted is completed whatever is asked for now.
        if !request.dryRun, try await session.store.finishPurges() > 0 {
            console.note("a purge that was interrupted is completed")
        }
        let plan = try await plan(in: session, age: age)
        try refuse(plan)
        var report = plan.report
        for line in report.purged.isEmpty ? ["there is nothing to purge"] : report.loss { console.note(line) }
        for batch in report.kept { console.note("\(batch.batch) is kept: it \(batch.reason.text)") }
        guard request.yes || request.dryRun || plan.items.isEmpty else {
            throw OperationFailure(.unfinished, "nothing was purged. Add --yes to do so")
        }
        if !request.dryRun {
            try await erase(plan.items, in: session, &report)
            report.logIsEmpty = try await session.store.emptyWAL()
        }
        try await session.close()
        if request.json { console.output(json: report) }
        return report.notRemoved.isEmpty ? .succeeded : .unfinished
    }

    /// What is to be done, and what is told of it.
    private struct Plan {
        var items: [(batch: Batch, files: BatchFiles)] = []
        var report: PurgeReport
    }

    private func age() throws -> Duration? {
        guard let text = request.olderThan else { return nil }
        guard let age = Settings.duration(text) else {
            throw OperationFailure(.usage, "--older-than wants a number with its unit, such as 30d or 12h")
        }
        return age
    }

    private func plan(in session: OperatorSession, age: Duration?) async throws -> Plan {
        let store = session.store
        let batches =
            if let name = request.batch { [try await store.batchOrFailure(name)] } else { try await store.batches() }
        let lacking = try await store.batchesLackingResults()
        let instant = age.map { WallClock.now() - $0.milliseconds }
        var (plan, due) = (Plan(report: PurgeReport(isDryRun: request.dryRun)), [Batch]())
        for batch in batches {
            switch PurgeDecision(batch, lacksResults: lacking.contains(batch.id), endedBefore: instant) {
            case .tooYoung: continue
            case .needed(let reason): plan.report.kept.append(PurgeReport.Kept(batch: batch.name, reason: reason))
            case .due, .purged: due.append(batch)
            }
        }
        try await add(due, to: &plan, in: session)
        return plan
    }

    private func add(_ due: [Batch], to plan: inout Plan, in session: OperatorSession) async throws {
        let ids = Set(due.map(\.id))
        var putAway = PutAwayFiles()
        for batch in due {
            let others = try await session.store.findBatch(job: batch.job, contentDigest: batch.contentDigest)
            let isShared = others.contains { $0.purgedAt == nil && !ids.contains($0.id) }
            let named = try await session.store.resultFolders(of: batch.id)
            let (job, place) = (session.place.jobOrSettings(of: batch), session.resultsPlace(of: batch))
            let files = try await BlockingWork.run {
                try BatchFiles(
                    of: batch, under: job, place: place, named: named, keepsInput: isShared, putAway: &putAway)
            }
            // Of a batch that was purged before only files can be left.
            guard batch.purgedAt == nil || files.count > 0 else { continue }
            plan.items.append((batch, files))
            plan.report.purged.append(
                PurgeReport.Purged(
                    batch: batch.name, lines: batch.counts.total, files: files.count,
                    wasPurgedBefore: batch.purgedAt != nil))
        }
    }

    /// A batch that was named is not passed over in silence.
    private func refuse(_ plan: Plan) throws {
        guard request.batch != nil, let kept = plan.report.kept.first else { return }
        throw OperationFailure(.unfinished, "\(kept.batch) is not purged: it \(kept.reason.text)")
    }

    /// The database first: once a batch's key is destroyed its files, should some be left, are found by the next purge.
    private func erase(
        _ items: [(batch: Batch, files: BatchFiles)], in session: OperatorSession, _ report: inout PurgeReport
    ) async throws {
        for (batch, files) in items {
            if batch.purgedAt == nil {
                let action = try session.action(
                    .purge, of: batch.id, detail: Counted.things(batch.counts.total, "record"))
                guard try await session.store.purge(batch.id, at: WallClock.now(), noting: action) else {
                    console.note("\(batch.name) is kept: it was changed meanwhile")
                    report.purged.removeAll { $0.batch == batch.name }
                    continue
                }
            }
            report.notRemoved += await BlockingWork.run { files.remove() }
        }
        if !items.isEmpty { console.note("\(Counted.things(report.purged.count, "batch")) purged") }
        for fault in report.notRemoved { console.note("not removed: \(fault)") }
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
    /// Whether only to say what would be erased.
    package var dryRun: Bool
    /// Whether the operator agrees to the loss.
    package var yes: Bool
    /// Whether a report is printed as JSON.
    package var json: Bool

    /// Describes a purge.
    package init(
        config: String, olderThan: String? = nil, batch: String? = nil, dryRun: Bool = false, yes: Bool = false,
        json: Bool = false
    ) {
        self.config = config
        self.olderThan = olderThan
        self.batch = batch
        self.dryRun = dryRun
        self.yes = yes
        self.json = json
    }
}
