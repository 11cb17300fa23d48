package import Basics
package import Foundation
package import RecordStore

/// Writes `report.html` and `summary.json`, which holds the report's digest: always both, and the summary last.
struct ReportWriting {
    let store: RecordStore
    /// The price list; nil: the cost is unknown.
    let pricing: Pricing?
    /// The job's file, for commands, where `--job` does not find it by its name.
    let jobFile: String?
    let now: WallTime
    /// By whose clock the report shows times, beside UTC.
    let zone: TimeZone

    /// Makes both files under temporary names.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - figures: What was counted of its records.
    ///   - others: The result files beside them.
    ///   - folder: Where they come.
    /// - Returns: What the summary says, and the files in the order in which they are renamed.
    /// - Throws: `ResultError`; errors of the store.
    func files(
        of batch: Batch, _ figures: BatchFigures, beside others: [BatchSummary.File], in folder: ResultFolder
    ) async throws -> (BatchSummary, [ResultFile]) {
        let cost = Cost.share(of: try await store.ledgerDays(inMonthsOf: batch.id), pricing: pricing) {
            $0.batch == batch.id
        }
        var summary = BatchSummary(
            batch, figures: figures, cost: cost, files: others, audit: try await store.auditHead(), now: now)
        summary.calls.possibleDoubleBills = try await DoubleBills.count(
            in: store, batch, billedOnce: figures.billedOnce)
        let page = Report(
            summary, of: batch, figures: figures, in: URL(filePath: folder.path).standardizedFileURL.path,
            jobFile: jobFile, zone: zone)
        let (report, facts) = try ResultWriter.file(Self.name, try page.html(), in: folder)
        summary.files.append(BatchSummary.File(facts))
        let (json, _) = try ResultWriter.file("summary.json", try summary.json(), in: folder)
        return (summary, [report, json])
    }

    fileprivate static let name = "report.html"
}

extension ResultWriter {
    /// Writes `report.html` anew from the records as they are, and `summary.json` with it. The other files stay as they are:
    /// somebody may be correcting them.
    ///
    /// - Parameters:
    ///   - id: the batch, over.
    ///   - path: its folder, which holds the files of the batch as it is now.
    ///   - pricing: the price list; nil: the cost is unknown.
    ///   - jobFile: the job's file, for commands, where `--job` does not find it by its name.
    ///   - now: the time.
    ///   - zone: by whose clock times are shown, beside UTC.
    /// - Returns: the report's path.
    /// - Throws: `ResultError` where the folder holds other files, or cannot be written; errors of the store.
    package func renewReport(
        of id: BatchID, in path: String, pricing: Pricing?, jobFile: String? = nil, now: WallTime,
        zone: TimeZone = .current
    ) async throws -> String {
        let batch = try await store.batch(id)
        let folder = try ResultFolder(path: path)
        // Looked at while no other process writes there.
        guard ResultStamp(folder: path)?.tells(of: batch) == true, let last = BatchSummary.read(folder: path) else {
            throw ResultError(.notWritten, "\(path) does not hold the files of \(batch.name) as it is now; try again")
        }
        try folder.removeTemporaries(of: Self.allNames)
        var (figures, answer) = (BatchFigures(), AnswerCells())
        try await store.forEachRecord(id, statuses: nil, lines: nil) { view in
            let row = try ResultRow(view)
            answer.read(row)
            figures.add(row, answer)
        }
        try Self.requireAll(batch, figures)
        let (_, files) = try await ReportWriting(
            store: store, pricing: pricing, jobFile: jobFile, now: now, zone: zone
        ).files(of: batch, figures, beside: last.files.filter { $0.name != ReportWriting.name }, in: folder)
        for file in files { try file.publish() }
        try folder.synchronize()
        return "\(path)/\(ReportWriting.name)"
    }
}
