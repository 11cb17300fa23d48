package import Basics
package import Foundation
import Mustache
package import RecordStore

/// The data of `report.html`: our own figures and texts, no ids and no values of records.
struct Report {
    struct Row {
        let label: String
        let value: String
        /// Beside the number, the share of the whole; empty where there is none.
        var share = ""
    }

    /// Lines that were not answered for causes of one kind, counted by the cause.
    struct ReasonGroup {
        let title: String
        /// What is to be done about them.
        let remedy: String
        /// The file beside the report that holds them; nil where there is none, or it is not the way to send them.
        let file: String?
        let rows: [Row]
    }

    let title: String
    let state: String
    let reason: String?
    let verdict: ReportVerdict
    let chart: StatusChart
    let scores: [ScoreChart]
    /// Rules that invalid lines broke, and reasons of failed ones and those in doubt: all of them.
    let reasons: [ReasonGroup]
    let calls: [Row]
    let latency: [Row]
    let facts: [Row]
    let files: [Row]
    let origin: [Row]
    let digests: [Row]

    /// Describes a batch.
    ///
    /// - Parameters:
    ///   - summary: What it came to.
    ///   - batch: The batch.
    ///   - figures: What was counted of its records.
    ///   - folder: Where its files are, for the commands; absolute.
    ///   - jobFile: The job's file, where `--job` does not find it by its name.
    ///   - zone: By whose clock times stand beside UTC.
    init(
        _ summary: BatchSummary, of batch: Batch, figures: BatchFigures, in folder: String, jobFile: String?,
        zone: TimeZone
    ) {
        title = summary.batch.name
        (state, reason) = (summary.state.replacing("_", with: " "), summary.reason)
        verdict = ReportVerdict(
            summary, temporary: figures.count(.temporary), resolvedByHand: figures.count(.resolvedByHand),
            held: figures.count(.held), jobFile: jobFile, folder: folder)
        chart = StatusChart(summary.records)
        scores = ScoreChart.all(figures.scores)
        reasons = ReasonGroup.all(figures, summary)
        calls = Self.calls(summary)
        latency = summary.latency.map(Self.latency) ?? []
        facts = Self.facts(summary, batch, zone)
        files = summary.files.map { Row(label: $0.name, value: Self.size($0.bytes)) }
        origin = Self.origin(summary)
        digests = Self.digests(summary)
    }

    /// The page, self-contained: no script, no font, no address outside it.
    func html() throws -> [UInt8] {
        Array(try Self.template.get().render(self).utf8)
    }

    /// Read once, not for each report.
    private static let template = Result { try MustacheTemplate(string: ReportTemplate.text) }
}

extension Report.ReasonGroup {
    /// The groups that there are lines of.
    static func all(_ figures: BatchFigures, _ summary: BatchSummary) -> [Self] {
        let names = summary.files.map(\.name)
        func file(_ kind: ReturnFile.Kind) -> String? { names.first { $0.hasPrefix("\(kind.rawValue).") } }
        let invalid = Self(
            title: "Invalid, by rule",
            remedy: "The rule says what is wanted; a line may break several. Correct the lines, then run their file.",
            file: file(.failed), rows: rows(figures.refusals, of: summary.records.invalid))
        let failed = FailureKind.allCases.map { kind in
            let tally = figures.failures[kind] ?? ReasonTally()
            return Self(
                title: "\(kind.title), by reason", remedy: kind.remedy, file: kind.file.flatMap(file),
                rows: rows(tally, of: tally.total))
        }
        return ([invalid] + failed).filter { !$0.rows.isEmpty }
    }

    private static func rows(_ tally: ReasonTally, of total: Int) -> [Report.Row] {
        tally.byFrequency.map {
            Report.Row(label: $0.reason, value: Counted.number($0.count), share: Share.text($0.count, of: total))
        }
    }
}

extension FailureKind {
    fileprivate var title: String {
        switch self {
        case .refused: "Refused by the API"
        case .temporary: "Out of attempts"
        case .inDoubt: "In doubt"
        case .held: "Held, not sent"
        case .resolvedByHand: "Given up by hand"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .refused: "Correct the lines, whose _reason has the API's words, then run their file."
        case .temporary: "Send the lines again as they are, by the command above."
        case .inDoubt: "They may have been billed: send them again, or give them up, by a command above."
        case .held: "Nothing was sent or billed for them: settle the line that _reason names first."
        case .resolvedByHand: "Nothing is left to be done; they may have been billed."
        }
    }

    /// Where the lines lie; nil where running that file is not their remedy.
    fileprivate var file: ReturnFile.Kind? {
        switch self {
        case .refused: .failed
        case .temporary: nil
        case .inDoubt, .held, .resolvedByHand: .inDoubt
        }
    }
}

extension Report {
    private static func facts(_ summary: BatchSummary, _ batch: Batch, _ zone: TimeZone) -> [Row] {
        var rows = [
            Row(label: "Input file", value: summary.batch.file), Row(label: "Job", value: summary.batch.job),
        ]
        let times = [("Taken in", batch.createdAt), ("First call", batch.startedAt), ("Finished", batch.finishedAt)]
        for (label, time) in times {
            if let time { rows.append(Row(label: label, value: Self.time(time, in: zone))) }
        }
        if let seconds = summary.times.runningSeconds {
            rows.append(Row(label: "Running time", value: duration(seconds)))
        }
        return rows
    }

    /// `2026-11-23 19:40:05 +01:00 (18:40:05 UTC)`; in UTC alone where the zone is UTC at that time.
    static func time(_ time: WallTime, in zone: TimeZone) -> String {
        func readable(_ text: String) -> (date: Substring, time: Substring) {
            (text.prefix(10), text.dropFirst(11).prefix(8))
        }
        let utc = readable(Timestamp.text(time))
        guard zone.secondsFromGMT(for: time.date) != 0 else { return "\(utc.date) \(utc.time) UTC" }
        let text = Timestamp.text(time, in: zone)
        let local = readable(text)
        let day = utc.date == local.date ? "" : "\(utc.date) "
        return "\(local.date) \(local.time) \(text.suffix(6)) (\(day)\(utc.time) UTC)"
    }

    private static func calls(_ summary: BatchSummary) -> [Row] {
        let calls = summary.calls
        let counts = [
            ("made", calls.made), ("billed (answered 200)", calls.billable),
            ("perhaps billed (no answer recorded)", calls.maybeBillable),
            ("perhaps billed twice", calls.possibleDoubleBills), ("retries", calls.retries),
        ]
        let rows = counts.filter { $0.1 > 0 || $0.0 == "made" }.map {
            Row(label: $0.0, value: Counted.number($0.1))
        }
        return rows + [Row(label: "cost", value: summary.cost.description)]
    }

    private static func latency(_ latency: BatchSummary.Latency) -> [Row] {
        let figures = [
            ("half within", latency.median), ("95 in 100 within", latency.p95), ("99 in 100 within", latency.p99),
            ("longest", latency.longest),
        ]
        return figures.map { Row(label: $0.0, value: "\(Counted.number($0.1)) ms") }
    }

    private static func origin(_ summary: BatchSummary) -> [Row] {
        let origin = summary.provenance
        return [
            Row(label: "Run by", value: "\(origin.user) on \(origin.host)"),
            Row(label: "Rollcall", value: origin.version), Row(label: "Endpoint", value: origin.endpoint),
        ]
    }

    private static func digests(_ summary: BatchSummary) -> [Row] {
        let origin = summary.provenance
        return [
            Row(label: "Encryption key id", value: origin.keyID),
            Row(label: "Client certificate", value: origin.certificateFingerprint),
            Row(label: "Settings", value: origin.settingsHash), Row(label: "Input", value: summary.batch.inputSHA256),
        ] + summary.files.map { Row(label: $0.name, value: $0.sha256) }
    }

    private static func size(_ bytes: Int) -> String {
        switch bytes {
        case 1_000_000...: "\(Share.decimal(Double(bytes) / 1_000_000)) MB"
        case 1_000...: "\(Share.decimal(Double(bytes) / 1_000)) kB"
        default: "\(bytes) bytes"
        }
    }

    private static func duration(_ seconds: Double) -> String {
        guard seconds >= 60 else { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        guard whole >= 3600 else { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}

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
