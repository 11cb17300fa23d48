import Basics
import DropFolder
import Foundation
package import Ingest
import JobRunner
import RecordStore
import Results
import Settings

/// Writes a batch's result files: the input's form comes from Ingest, the price list from the settings.
struct BatchResults: Sendable {
    let store: RecordStore
    let pricing: Pricing?
    /// Where the job's results go.
    let place: ResultsLocation
    /// Where the operator wants them instead; nil: nowhere else.
    var out: ResultsLocation?
    /// What the time of the writing is taken from.
    var clock: any RunnerClock = SystemClock()

    /// The folder a batch's results are written to.
    func folder(of batch: Batch) -> String { (out ?? place).folder(of: batch) }

    /// The folder that holds the files of a batch as it is now; nil if there is none. Where no place was asked for, any
    /// in which they were written before counts.
    ///
    /// - Throws: `StoreError`.
    func wholeFolder(of batch: Batch) async throws -> String? {
        let folders = [folder(of: batch)] + (out == nil ? try await otherFolders(of: batch) : [])
        return folders.first { ResultStamp(folder: $0)?.tells(of: batch) ?? false }
    }

    /// Whether the files of a batch as it is now are whole in some folder, this one or another.
    ///
    /// - Throws: `StoreError`.
    func areWholeSomewhere(for batch: Batch) async throws -> Bool {
        try await ([folder(of: batch)] + otherFolders(of: batch)).contains {
            ResultStamp(folder: $0)?.tells(of: batch) ?? false
        }
    }

    /// Why the files of a batch that was over before are written without a call, as a line of its own.
    ///
    /// - Throws: `StoreError`, with `purged` where they cannot be.
    func reasonToWrite(_ batch: Batch) async throws -> String {
        try await store.refusePurgedRows(of: batch.id)
        let folder = folder(of: batch)
        if try await areWholeSomewhere(for: batch) {
            return "\(batch.name): finished before; its results are written to \(folder) as well, no call"
        }
        return ResultStamp(folder: folder)?.concerns(batch) ?? false
            ? "\(batch.name): finished before; its result files are not of its last end: writing them again, no call"
            : "\(batch.name): finished before, its result files were not; writing them now, no call"
    }

    /// Writes the files of a batch.
    ///
    /// - Throws: `ResultError`; `StoreError`.
    func write(_ batch: Batch) async throws -> WrittenResults {
        try await write(batch, into: folder(of: batch))
    }

    /// What a batch amounts to as it stands; nothing is written.
    ///
    /// - Throws: `StoreError`.
    func summary(of batch: Batch) async throws -> BatchSummary {
        try await ResultWriter(store: store).summary(of: batch.id, pricing: pricing, now: clock.now)
    }

    /// Folders, besides the one that is written to, that hold files of an earlier end of a batch.
    ///
    /// - Throws: `StoreError`.
    func staleFolders(of batch: Batch) async throws -> [String] {
        try await otherFolders(of: batch).filter { folder in
            guard let stamp = ResultStamp(folder: folder) else { return false }
            return stamp.concerns(batch) && !stamp.tells(of: batch)
        }
    }

    /// Writes the files of a batch into a folder, for the group that may have them where there is one.
    ///
    /// - Throws: `ResultError`; `StoreError`, with `purged` where the batch's rows were erased: its files are never made
    ///   again from less than what they were made from; `DropFolderError` when they cannot be given to the group.
    func write(_ batch: Batch, into folder: String) async throws -> WrittenResults {
        try await store.refusePurgedRows(of: batch.id)
        let layout = try await store.layout(of: batch.id)
        let written = try await ResultWriter(store: store).write(
            batch.id, into: folder, returning: ReturnedRows(layout: RecordLayout(decoding: layout)),
            options: place.form, pricing: pricing, jobFile: place.jobFile, now: clock.now)
        if folder == place.folder(of: batch) { try place.share(batch) }
        return written
    }

    /// Writes `report.html` anew beside the files of a batch as it is now, which stay as they are, and `summary.json` with
    /// its digest.
    ///
    /// - Parameters:
    ///   - batch: The batch, over.
    ///   - folder: The folder that holds its files.
    /// - Returns: The report's path.
    /// - Throws: `ResultError`; `StoreError`, with `purged` where the batch's rows were erased; `DropFolderError` when the
    ///   files cannot be given to the group.
    func renewReport(of batch: Batch, in folder: String) async throws -> String {
        try await store.refusePurgedRows(of: batch.id)
        let report = try await ResultWriter(store: store).renewReport(
            of: batch.id, in: folder, pricing: pricing, jobFile: place.jobFile, now: clock.now)
        if folder == place.folder(of: batch) { try place.share(batch) }
        return report
    }

    /// Returns the invalid lines of a batch that waits for confirmation before the others are sent.
    ///
    /// - Returns: Where they are, and what is wrong with them.
    /// - Throws: `ResultError`; `StoreError`; `DropFolderError` when they cannot be given to the group.
    func giveBackRefused(of batch: Batch) async throws -> RefusedLines {
        let layout = try await store.layout(of: batch.id)
        let refused = try await ResultWriter(store: store).writeRefused(
            batch.id, into: place.folder(of: batch), returning: ReturnedRows(layout: RecordLayout(decoding: layout)))
        if refused.path != nil { try place.share(batch) }
        return refused
    }

    /// The results of a batch's last end as another process has written them; nil if they are not there.
    ///
    /// - Throws: `StoreError`.
    func written(_ batch: Batch) async throws -> WrittenResults? {
        var inDoubtSummary = InDoubtSummary()
        try await store.forEachRecord(batch.id, statuses: [.inDoubt, .failed], lines: nil) { inDoubtSummary.add($0) }
        return WrittenResults(of: batch, in: folder(of: batch), inDoubtSummary: inDoubtSummary)
    }

    /// Folders besides the one that is written to in which the files of a batch may be.
    private func otherFolders(of batch: Batch) async throws -> [String] {
        let known = [place.folder(of: batch)] + (try await namedFolders(of: batch))
        var seen = Set([Self.absolute(folder(of: batch))])
        return known.filter { seen.insert(Self.absolute($0)).inserted }
    }
}

// Ingest knows how rows look in a file, Results knows which go into which file; neither imports the other.
extension ReturnedRows: ReturnFormat {}

extension BatchResults {
    /// Writes the files of a batch that is over and rewrites those of an earlier end in other folders, so that nobody
    /// corrects and resends a line that has been answered since. Then records in the database that this end has its
    /// results.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is now.
    ///   - provenance: Who requested the files, stored with a folder that an operator named.
    ///   - console: Reports other folders.
    /// - Returns: What was written, where it was asked for.
    /// - Throws: `ResultError`; `StoreError`.
    func publish(
        _ batch: Batch, by provenance: @Sendable () throws -> Provenance, console: Console
    ) async throws -> WrittenResults {
        try await remember(batch, provenance)
        let written = try await BlockingWork.runTask { try await write(batch) }
        for folder in try await staleFolders(of: batch) { await renew(folder, of: batch, console) }
        try await mark(batch)
        return written
    }

    /// Folders that operators named for the files of a batch, before.
    func namedFolders(of batch: Batch) async throws -> [String] {
        try await store.resultFolders(of: batch.id)
    }

    static func absolute(_ folder: String) -> String { URL(filePath: folder).standardizedFileURL.path }

    /// Records a folder that an operator named, before anything is written there.
    private func remember(_ batch: Batch, _ provenance: () throws -> Provenance) async throws {
        guard out != nil else { return }
        let folder = Self.absolute(folder(of: batch))
        guard try await !namedFolders(of: batch).contains(folder) else { return }
        try await store.addResultFolder(
            folder, of: batch.id,
            noting: Action(
                at: clock.now, batch: batch.id, name: .results, detail: folder, provenance: try provenance()))
    }

    /// A folder that can no longer be written must not keep the results from being written.
    private func renew(_ folder: String, of batch: Batch, _ console: Console) async {
        do {
            _ = try await BlockingWork.runTask { try await write(batch, into: folder) }
            console.note("\(batch.name): its results in \(folder) were out of date; they are written again there, too")
        } catch {
            console.note(
                "warning: \(batch.name): its results in \(folder) are out of date and could not be written again: "
                    + OperationFailure(error).message)
        }
    }

    /// The daemon releases a batch's file together with its results; a batch whose file is yet to be released is left
    /// for the daemon to conclude, and so is one with calls whose outcome is not known yet.
    private func mark(_ batch: Batch) async throws {
        guard batch.counts.inFlight == 0, try await store.claimedFile(of: batch.id) == nil else { return }
        try await store.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
    }
}

/// The folder of a batch's results, their form, what they say of the job, and who may access them.
struct ResultsLocation: Equatable, Sendable {
    private enum Naming: Equatable {
        case byBatch
        /// Beside a drop folder, for people who know the file and the day.
        case byFile(TimeZone)
    }

    /// The folder that holds the batches' folders.
    let output: String
    /// The form of `results.csv`.
    let form: ResultOptions
    /// The job's file, where `--job` does not find it by the job's name; nil where it does, and without a job.
    let jobFile: String?
    private let naming: Naming
    /// The drop folder whose `out` it is, and the group that may have what lies there; nil: everything is private.
    private let exchange: Exchange?

    private struct Exchange: Equatable {
        let dropFolder: String
        let group: String
    }

    /// The place an operator names.
    init(output: String) {
        self.output = output
        form = ResultOptions()
        jobFile = nil
        naming = .byBatch
        exchange = nil
    }

    /// The place of a job's batches: `out/NAME_DATE_ID` of its drop folder, or below its or the settings' `output`.
    init(_ job: JobDefinition, settings: Settings) {
        output = job.output ?? job.source.path.map(DropFolder.output) ?? settings.output
        form = ResultOptions(job.outputForm)
        let named = URL(filePath: "\(settings.jobs)/\(job.name).yaml").standardizedFileURL.path
        jobFile = job.file == named ? nil : job.file
        naming = job.source.path == nil ? .byBatch : .byFile(job.timeZone)
        exchange =
            job.output == nil
            ? job.source.path.flatMap { path in job.exchangeGroup.map { Exchange(dropFolder: path, group: $0) } } : nil
    }

    /// The name of a batch's folder.
    func name(of batch: Batch) -> String {
        switch naming {
        case .byBatch: batch.name
        case .byFile(let zone):
            ResultFolderName.of(batch.fileName, takenAt: batch.createdAt, in: zone, batch: batch.id.rawValue)
        }
    }

    func folder(of batch: Batch) -> String { "\(output)/\(name(of: batch))" }

    /// Gives a batch's folder, in which results were just written, to the group that may have it, where there is one.
    ///
    /// - Throws: `DropFolderError` when there is no such group, or something cannot be given to it.
    func share(_ batch: Batch) throws {
        guard let exchange else { return }
        try DropFolder(path: exchange.dropFolder, exchangeGroup: exchange.group).shareResults(name(of: batch))
    }
}

extension ResultOptions {
    fileprivate init(_ form: Settings.OutputForm) {
        let delimiter: Delimiter =
            switch form.delimiter {
            case .input: .input
            case .comma: .comma
            case .semicolon: .semicolon
            }
        let tables = form.formats.map { format -> ResultTable in
            switch format {
            case .csv: .csv
            case .jsonl: .jsonl
            case .xlsx: .xlsx
            }
        }
        self.init(delimiter: delimiter, guardsIDs: form.isSafe, tables: Set(tables))
    }
}
