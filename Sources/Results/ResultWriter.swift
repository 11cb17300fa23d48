package import Basics
package import Foundation
package import RecordStore

/// Writes a batch's results from the store: one pass over its records, in input order, in constant memory.
package struct ResultWriter: Sendable {
    let store: RecordStore

    /// Makes a writer for the batches of a store.
    package init(store: RecordStore) {
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
    ///   - options: which tables of results, and the form of `results.csv`.
    ///   - pricing: the price list; nil: the cost is unknown.
    ///   - jobFile: the job's file, for commands in `report.html`, where `--job` does not find it by its name.
    ///   - now: the time.
    ///   - zone: by whose clock `report.html` shows times, beside UTC.
    /// - Returns: where the files are, and the summary.
    /// - Throws: `ResultError` where files cannot be written or rows are missing; errors of the store.
    package func write(
        _ id: BatchID, into path: String, returning format: any ReturnFormat, options: ResultOptions = ResultOptions(),
        pricing: Pricing?, jobFile: String? = nil, now: WallTime, zone: TimeZone = .current
    ) async throws -> WrittenResults {
        let batch = try await store.batch(id)
        let folder = try ResultFolder(path: path)
        try folder.removeTemporaries(of: Self.allNames)
        var pass = try ResultPass(batch, folder: folder, returning: format, options: options)
        try await store.forEachRecord(id, statuses: nil, lines: nil) { try pass.take($0) }
        try Self.requireAll(batch, pass.figures)
        var (files, facts) = (pass.files, try pass.files.map { try $0.complete() })
        if options.tables.contains(.xlsx), let csv = pass.csv {
            let workbook = try ResultFile(ResultWorkbook.name, in: folder)
            try ResultWorkbook.write(from: csv.temporaryPath, into: workbook, createdAt: batch.createdAt)
            files.append(workbook)
            facts.append(try workbook.completeFromDisk())
        }
        let (summary, ending) = try await ReportWriting(
            store: store, pricing: pricing, jobFile: jobFile, now: now, zone: zone
        ).files(of: batch, pass.figures, beside: facts.map(BatchSummary.File.init), in: folder)
        try Self.publish(files + ending, in: folder)
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
    /// - Throws: `ResultError` with code `closed` where the reader has gone; errors of the store.
    package func export(
        _ id: BatchID, as format: ExportFormat, options: ResultOptions = ResultOptions(), inputDelimiter: UInt8? = nil,
        to descriptor: Int32
    ) async throws {
        let sink = try ByteSink(descriptor: descriptor, name: "the output", isHashed: false)
        var rows = ResultCSVFormat(options, inputDelimiter: inputDelimiter)
        var lines = ResultJSONFormat()
        var answer = AnswerCells()
        if format == .csv { try sink.write(rows.header()) }
        try await store.forEachRecord(id, statuses: nil, lines: nil) { view in
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

extension ResultWriter {
    /// A record as `results.jsonl` has it, without its line break.
    ///
    /// - Parameter view: the record.
    /// - Returns: one JSON object in UTF-8.
    /// - Throws: errors of the store.
    package static func line(of view: RecordView) throws -> [UInt8] {
        let row = try ResultRow(view)
        var (lines, answer) = (ResultJSONFormat(), AnswerCells())
        answer.read(row)
        return lines.line(row, answer).dropLast()
    }

    /// Files that are there only while there are rows for them, or while they are asked for.
    private static let optionalNames =
        ResultTable.allCases.map(\.fileName)
        + ReturnFile.Kind.allCases.flatMap { ["\($0.rawValue).csv", "\($0.rawValue).jsonl"] }
    static let allNames = ["report.html", "summary.json"] + optionalNames

    /// One row per input line, or the files are not written.
    static func requireAll(_ batch: Batch, _ figures: BatchFigures) throws {
        guard batch.isIngested, figures.rows != batch.counts.total else { return }
        throw ResultError(
            .unaccounted,
            "batch \(batch.name) has \(Counted.things(batch.counts.total, "line")) but "
                + "\(Counted.things(figures.rows, "record")); restore the database")
    }

    static func file(_ name: String, _ content: [UInt8], in folder: ResultFolder) throws -> (ResultFile, FileFacts) {
        let file = try ResultFile(name, in: folder)
        try file.write(content)
        return (file, try file.complete())
    }

    /// Renames complete files and removes those of an earlier write that no longer have rows or are no longer wanted.
    static func publish(_ files: [ResultFile], in folder: ResultFolder) throws {
        let names = Set(files.map(\.name))
        for stale in optionalNames where !names.contains(stale) { try folder.remove(stale) }
        for file in files { try file.publish() }
        try folder.synchronize()
    }

    /// The paths of the files of these names in a folder.
    static func paths(_ folder: String, _ names: [String]) -> ResultPaths {
        func path(_ name: String) -> String { "\(folder)/\(name)" }
        func returned(_ kind: ReturnFile.Kind) -> String? {
            names.first { $0.hasPrefix(kind.rawValue + ".") }.map(path)
        }
        return ResultPaths(
            folder: folder, tables: ResultTable.allCases.map(\.fileName).filter(names.contains).map(path),
            failed: returned(.failed), inDoubt: returned(.inDoubt), cancelled: returned(.cancelled),
            summary: path("summary.json"), report: path("report.html"))
    }
}

extension ResultWriter {
    /// What a batch amounts to as it stands, from its counters: no record is read and no file written, so that there is
    /// no latency and `files` is empty.
    ///
    /// - Parameters:
    ///   - id: the batch, in any state.
    ///   - pricing: the price list; nil: the cost is unknown.
    ///   - now: the time.
    /// - Returns: the summary.
    /// - Throws: errors of the store.
    package func summary(of id: BatchID, pricing: Pricing?, now: WallTime) async throws -> BatchSummary {
        let batch = try await store.batch(id)
        let figures = BatchFigures(batch.counts)
        let cost = Cost.share(of: try await store.ledgerDays(inMonthsOf: id), pricing: pricing) { $0.batch == id }
        var summary = BatchSummary(
            batch, figures: figures, cost: cost, files: [], audit: try await store.auditHead(), now: now)
        summary.calls.possibleDoubleBills = try await DoubleBills.count(
            in: store, batch, billedOnce: figures.billedOnce)
        return summary
    }
}

/// Where a batch's result files are.
package struct ResultPaths: Sendable, Equatable {
    package let folder: String
    /// `results.csv`, `results.jsonl` and `results.xlsx`, in this order: those that were asked for.
    package let tables: [String]
    /// `failed.csv` or `failed.jsonl`; nil where no line was invalid or failed, except by an operator's decision.
    package let failed: String?
    /// `in_doubt.csv` or `in_doubt.jsonl`; nil where none is in doubt, or was until an operator's decision.
    package let inDoubt: String?
    /// `cancelled.csv` or `cancelled.jsonl`; nil where no line was given up before its call.
    package let cancelled: String?
    /// `summary.json`.
    package let summary: String
    /// `report.html`.
    package let report: String
}

/// The formats of `rollcall export`.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// As `results.csv`.
    case csv
    /// As `results.jsonl`.
    case jsonl
}

/// What was written for a batch.
package struct WrittenResults: Sendable {
    /// Where the files are.
    package let paths: ResultPaths
    /// What `summary.json` says.
    package let summary: BatchSummary
    /// What an operator has to decide.
    package let inDoubtSummary: InDoubtSummary
}

extension WrittenResults {
    /// Reads what was written for a batch when it last ended; nil where there is no summary, or one of another end, for
    /// example from before it was run again.
    ///
    /// - Parameters:
    ///   - batch: the batch, over.
    ///   - folder: its folder.
    ///   - inDoubtSummary: what an operator has to decide.
    package init?(of batch: Batch, in folder: String, inDoubtSummary: InDoubtSummary) {
        guard ResultStamp(folder: folder)?.tells(of: batch) == true,
            let json = FileManager.default.contents(atPath: "\(folder)/summary.json"),
            // A summary that cannot be read vouches for no files: they count as not written.
            let summary = try? JSONDecoder().decode(BatchSummary.self, from: json)
        else { return nil }
        self.init(
            paths: ResultWriter.paths(folder, summary.files.map(\.name)), summary: summary,
            inDoubtSummary: inDoubtSummary)
    }
}

/// Why result files cannot be written. Texts name files and rules, never a value of a record.
package typealias ResultError = CodedError<ResultErrorCode>

/// What kind of trouble there is with result files.
package enum ResultErrorCode: Sendable, Equatable {
    /// A folder or file cannot be made, written or renamed.
    case notWritten
    /// What was to take the output has gone away (`man 2 write`, EPIPE).
    case closed
    /// The store's records and its counters disagree.
    case unaccounted
}
