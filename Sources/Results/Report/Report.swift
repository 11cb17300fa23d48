import Basics
import Mustache

/// The data of `report.html`: our own figures and texts, no ids and no values of records.
struct Report {
    struct Row {
        let label: String
        let value: String
        /// How long the bar beside it is, in percent of the longest.
        var width = 0
    }

    let title: String
    let state: String
    let reason: String?
    let facts: [Row]
    let records: [Row]
    let calls: [Row]
    let latency: [Row]
    let scores: [Row]
    let failures: [Row]
    let refusals: [Row]
    let origin: [Row]
    let files: [Row]

    init(_ summary: BatchSummary, figures: BatchFigures) {
        title = summary.batch.name
        state = summary.state
        reason = summary.reason
        facts = Self.facts(summary)
        records = Self.records(summary.records)
        calls = Self.calls(summary)
        latency = summary.latency.map(Self.latency) ?? []
        scores = Self.scores(figures.scores)
        failures = Self.bars(figures.failures.top(10).map { ($0.reason, $0.count) })
        refusals = Self.bars(figures.refusals.top(10).map { ($0.reason, $0.count) })
        origin = Self.origin(summary)
        files = summary.files.map { Row(label: $0.name, value: $0.sha256) }
    }

    /// The page, self-contained: no script, no font, no address outside it.
    func html() throws -> [UInt8] {
        Array(try MustacheTemplate(string: ReportTemplate.text).render(self).utf8)
    }

    static func bars(_ counts: [(String, Int)]) -> [Row] {
        let largest = counts.map(\.1).max() ?? 0
        return counts.map { label, count in
            Row(label: label, value: Counted.number(count), width: largest == 0 ? 0 : count * 100 / largest)
        }
    }
}

extension Report {
    static func facts(_ summary: BatchSummary) -> [Row] {
        var rows = [
            Row(label: "Input file", value: summary.batch.file), Row(label: "Job", value: summary.batch.job),
            Row(label: "Taken in", value: summary.times.created),
        ]
        if let started = summary.times.started { rows.append(Row(label: "First call", value: started)) }
        if let finished = summary.times.finished { rows.append(Row(label: "Finished", value: finished)) }
        if let seconds = summary.times.runningSeconds {
            rows.append(Row(label: "Running time", value: duration(seconds)))
        }
        return rows
    }

    static func records(_ records: BatchSummary.Records) -> [Row] {
        let counts = [
            ("succeeded", records.succeeded), ("reused", records.reused), ("failed", records.failed),
            ("in doubt", records.inDoubt), ("invalid", records.invalid), ("cancelled", records.cancelled),
            ("queued", records.queued), ("in flight", records.inFlight),
        ]
        return bars(counts.filter { $0.1 > 0 }) + [Row(label: "total", value: Counted.number(records.total))]
    }

    static func calls(_ summary: BatchSummary) -> [Row] {
        let calls = summary.calls
        let counts = [
            ("calls made", calls.made), ("billed (answered 200)", calls.billable),
            ("maybe billed (no answer recorded)", calls.maybeBillable),
            ("possible double bills (sent again while in doubt)", calls.possibleDoubleBills),
            ("retries", calls.retries),
        ]
        let rows = counts.map { Row(label: $0.0, value: Counted.number($0.1)) }
        return rows + [Row(label: "cost", value: summary.cost.description)]
    }

    static func latency(_ latency: BatchSummary.Latency) -> [Row] {
        let figures = [
            ("median", latency.median), ("95 in 100 within", latency.p95), ("99 in 100 within", latency.p99),
            ("longest", latency.longest),
        ]
        return figures.map { Row(label: $0.0, value: "\(Counted.number($0.1)) ms") }
    }

    static func scores(_ scores: [Int]) -> [Row] {
        guard scores.contains(where: { $0 > 0 }) else { return [] }
        let labels = scores.indices.map { $0 == scores.count - 1 ? "450–500" : "\($0 * 50)–\($0 * 50 + 49)" }
        return bars(Array(zip(labels, scores)))
    }

    static func origin(_ summary: BatchSummary) -> [Row] {
        let origin = summary.provenance
        return [
            Row(label: "Run by", value: "\(origin.user) on \(origin.host)"),
            Row(label: "Rollcall", value: origin.version), Row(label: "Endpoint", value: origin.endpoint),
            Row(label: "Encryption key id", value: origin.keyID),
            Row(label: "Client certificate (SHA-256)", value: origin.certificateFingerprint),
            Row(label: "Settings (SHA-256)", value: origin.settingsHash),
            Row(label: "Input (SHA-256)", value: summary.batch.inputSHA256),
        ]
    }

    private static func duration(_ seconds: Double) -> String {
        guard seconds >= 60 else { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        guard whole >= 3600 else { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
