public import RecordStore

/// Writes what became of a batch from the store: one pass over its records, in input order, in constant memory.
public struct ResultWriter: Sendable {
    let store: RecordStore

    /// Makes a writer for the batches of a store.
    public init(store: RecordStore) {
        self.store = store
    }

    /// Writes all result files of a batch into a folder of its own, in place of earlier ones.
    ///
    /// The folder gets mode 0700, its files 0600. Each file is written under a temporary name, synchronised and renamed
    /// when all are whole; `summary.json` comes last, so that its digests are those of the files beside it.
    ///
    /// - Parameters:
    ///   - id: the batch, in any state.
    ///   - path: the batch's folder, made where it is missing.
    ///   - format: the input's form, for the rows that are given back.
    ///   - options: the form of `results.csv`.
    ///   - pricing: the price list; nil: the cost is unknown.
    ///   - now: milliseconds since 1970 UTC.
    /// - Returns: where the files are, and the summary.
    /// - Throws: `ResultError` where files cannot be written or rows are missing; errors of the store.
    public func write(
        _ id: BatchID, into path: String, returning format: any ReturnFormat, options: ResultOptions = ResultOptions(),
        pricing: Pricing?, now: Int64
    ) throws -> WrittenResults {
        let batch = try store.batch(id)
        let folder = try ResultFolder(path: path)
        try folder.removeTemporaries(of: Self.allNames)
        var pass = try ResultPass(batch, folder: folder, returning: format, options: options)
        try store.forEachRecord(id, statuses: nil, lines: nil) { try pass.take($0) }
        try Self.requireAll(batch, pass.figures)
        let facts = try pass.files.map { try $0.complete() }
        let cost = Cost.share(of: try store.ledgerDays(inMonthsOf: id), pricing: pricing) { $0.batch == id }
        var summary = BatchSummary(batch, figures: pass.figures, cost: cost, files: facts, now: now)
        summary.calls.possibleDoubleBills = try DoubleBills.count(
            in: store, batch, billedOnce: pass.figures.billedOnce)
        let (report, reportFacts) = try Self.file(
            "report.html", try Report(summary, figures: pass.figures).html(), in: folder)
        summary.files.append(BatchSummary.File(reportFacts))
        let (json, _) = try Self.file("summary.json", try summary.json(), in: folder)
        try Self.publish(pass.files + [report, json], in: folder)
        return WrittenResults(
            paths: Self.paths(folder.path, facts.map(\.name)), summary: summary, inDoubtSummary: pass.inDoubtSummary)
    }

    /// Writes a batch's rows, as in `results.csv` or `results.jsonl`, to an open descriptor such as standard output.
    ///
    /// - Parameters:
    ///   - id: the batch, in any state.
    ///   - format: the rows' form.
    ///   - options: that of rows in CSV.
    ///   - inputDelimiter: the input's byte between cells; nil where it has none.
    ///   - descriptor: where they go; it stays open. SIGPIPE must be ignored.
    /// - Throws: `ResultError` with code `closed` where nobody reads any more; errors of the store.
    public func export(
        _ id: BatchID, as format: ExportFormat, options: ResultOptions = ResultOptions(), inputDelimiter: UInt8? = nil,
        to descriptor: Int32
    ) throws {
        let sink = try ByteSink(descriptor: descriptor, name: "the output", isHashed: false)
        var rows = ResultCSVFormat(options, inputDelimiter: inputDelimiter)
        var lines = ResultJSONFormat()
        var answer = AnswerCells()
        if format == .csv { try sink.write(rows.header()) }
        try store.forEachRecord(id, statuses: nil, lines: nil) { view in
            let row = try ResultRow(view)
            answer.read(row)
            switch format {
            case .csv: try sink.write(rows.line(row, answer))
            case .jsonl: try sink.write(lines.line(row, answer))
            }
        }
        _ = try sink.finish()
    }
}
