import Basics
import RecordStore
import Settings

/// What a purge by hand is to erase: found before anybody is asked, so that it can be said what is lost.
struct PurgePlan {
    /// A batch with its files.
    struct Item {
        let batch: Batch
        let files: BatchFiles
        /// Whether anything of it is still to be erased in the database.
        let isDue: Bool
    }

    /// In the order in which they were made.
    private(set) var items: [Item] = []
    /// What is told of it.
    private(set) var report: PurgeReport

    /// Looks at the batches and their files; nothing is changed.
    ///
    /// - Parameters:
    ///   - request: What was asked for.
    ///   - session: The database and the jobs.
    ///   - endedBefore: Only batches that ended before this; nil: whenever they ended.
    ///   - now: The time.
    /// - Throws: `OperationFailure` (64) for a batch that is not there; `StoreError`; what a folder or file that cannot be
    ///   read throws.
    init(_ request: PurgeRequest, in session: OperatorSession, endedBefore: WallTime?, now: WallTime) async throws {
        let store = session.store
        report = PurgeReport(isDryRun: request.dryRun, scope: request.scope)
        let batches =
            if let name = request.batch { [try await store.batchOrFailure(name)] } else { try await store.batches() }
        let lacking = try await store.batchesLackingResults()
        let homes = try await store.homes()
        var found: [(batch: Batch, isDue: Bool)] = []
        for batch in batches {
            let decision = PurgeDecision(
                batch, request.scope, lacksResults: lacking.contains(batch.id), endedBefore: endedBefore)
            switch decision {
            case .tooYoung: continue
            case .needed(let reason): report.kept.append(PurgeReport.Kept(batch: batch.name, reason: reason))
            case .due, .purged:
                guard !(homes[batch.id]?.keepsFilesElsewhere ?? false) else {
                    if decision == .due {
                        report.kept.append(PurgeReport.Kept(batch: batch.name, reason: .filesElsewhere))
                    }
                    continue
                }
                found.append((batch, decision == .due))
            }
        }
        try await add(found, in: session)
        let purged = Set(items.filter(\.isDue).map(\.batch.id))
        report.monthsDestroyed = try await store.spentPeriods(at: now, purging: purged).map(\.description)
    }

    /// Whether there is nothing to erase.
    var isEmpty: Bool { items.isEmpty && report.monthsDestroyed.isEmpty }

    private mutating func add(_ found: [(batch: Batch, isDue: Bool)], in session: OperatorSession) async throws {
        let ids = Set(found.map(\.batch.id))
        var putAway = PutAwayFiles(since: try await session.store.forgottenPersons())
        for (batch, isDue) in found {
            let others = try await session.store.findBatch(job: batch.job, contentDigest: batch.contentDigest)
            let isShared = others.contains { $0.purged.results == nil && !ids.contains($0.id) }
            let named = try await session.store.resultFolders(of: batch.id)
            let (job, place) = (session.place.jobOrSettings(of: batch), session.resultsPlace(of: batch))
            let files = try await BlockingWork.run {
                try BatchFiles(
                    of: batch, under: job, place: place, named: named, keepsInput: isShared, putAway: &putAway)
            }
            // Of a batch that was purged before only files can be left.
            guard isDue || files.count > 0 else { continue }
            items.append(Item(batch: batch, files: files, isDue: isDue))
            report.purged.append(
                PurgeReport.Purged(
                    batch: batch.name, lines: batch.counts.total, files: files.count, wasPurgedBefore: !isDue))
        }
    }
}
