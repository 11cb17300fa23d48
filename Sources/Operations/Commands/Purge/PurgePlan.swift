import Basics
import DropFolder
import Foundation
import Ingest
import RecordStore
import Results
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

/// The files that Rollcall wrote of a batch, or put away: its results, and its input file in an archive or among the
/// rejected. An input file that lies where its owner put it is the owner's.
struct BatchFiles: Sendable {
    /// Result files by their folder.
    let results: [ResultRemoval]
    /// Input files that were put away, and what says why one was refused; absolute.
    let inputs: [String]

    /// How many there are.
    var count: Int { results.reduce(inputs.count) { $0 + $1.names.count } }

    /// Looks for the files of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - job: The job it was taken in under.
    ///   - place: Where the job's results go.
    ///   - named: Folders in which operators wanted its results, too.
    ///   - keepsInput: Whether another batch of the same content keeps the input file.
    ///   - putAway: Finds the input file where the job puts these away.
    /// - Throws: What a folder that cannot be read, or a file that cannot be compared, throws.
    init(
        of batch: Batch, under job: JobDefinition, place: ResultsLocation, named: [String],
        keepsInput: Bool,
        putAway: inout PutAwayFiles
    ) throws {
        let own = place.folder(of: batch)
        var results = [try ResultRemoval(of: batch, in: own, isOwn: true)]
        for folder in named where folder != own {
            results.append(try ResultRemoval(of: batch, in: folder, isOwn: false))
        }
        self.results = results.filter { !$0.names.isEmpty }
        inputs = try (keepsInput ? [] : job.putAwayFolders).flatMap { try putAway.paths(of: batch, in: $0) }
    }

    /// Removes them all.
    ///
    /// - Returns: What could not be removed, and why.
    func remove() -> [String] {
        var faults: [String] = []
        for removal in results {
            do {
                guard try !removal.perform() else { continue }
                faults.append("\(removal.folder): other files are left there; they are not Rollcall's")
            } catch {
                faults.append("\(removal.folder): \(OperationFailure(error).message)")
            }
        }
        for path in inputs {
            guard unlink(path) != 0, errno != ENOENT else { continue }
            faults.append("\(path): \(SystemFault(errno).text)")
        }
        return faults
    }
}

/// Finds input files in the folders they were put away in. A file keeps its name there or gets its batch's, with a number
/// where that was taken; whether it is the one that was read in, its content says.
struct PutAwayFiles: Sendable {
    /// Each file is read once, for however many batches it may be.
    private var digests: [String: [UInt8]] = [:]
    /// Says which content a file has since rows of forgotten persons were taken out of it.
    private let forgotten: ForgottenPersons

    init(since forgotten: ForgottenPersons) { self.forgotten = forgotten }

    /// The files of a batch's content in a folder, each with the text that says why it was refused.
    ///
    /// - Throws: `InputError` for a file that cannot be read.
    mutating func paths(of batch: Batch, in folder: String) throws -> [String] {
        let files = FileManager.default
        guard files.fileExists(atPath: folder) else { return [] }
        let stem = batch.fileName.lastIndex(of: ".").map { String(batch.fileName[..<$0]) } ?? batch.fileName
        var paths: [String] = []
        for name in try files.contentsOfDirectory(atPath: folder).sorted()
        where (name.hasPrefix(stem) || name.hasPrefix(batch.name)) && !name.hasSuffix(DropFolder.errorEnding) {
            let path = "\(folder)/\(name)"
            guard let digest = try digest(of: path) else { continue }
            guard digest == batch.contentDigest || forgotten.editions(of: batch.contentDigest).contains(digest) else {
                continue
            }
            paths.append(path)
            let explanation = path + DropFolder.errorEnding
            if files.fileExists(atPath: explanation) { paths.append(explanation) }
        }
        return paths
    }

    private mutating func digest(of path: String) throws -> [UInt8]? {
        if let known = digests[path] { return known }
        let digest = try ContentDigest.of(fileAt: path)
        digests[path] = digest
        return digest
    }
}
