import Mustache

/// The data of `report.html`: numbers and words of ours, no ids and no values of records.
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

    /// The page, whole in itself: no script, no font, no address outside it.
    func html() throws -> [UInt8] {
        Array(try MustacheTemplate(string: ReportTemplate.text).render(self).utf8)
    }

    static func bars(_ counts: [(String, Int)]) -> [Row] {
        let largest = counts.map(\.1).max() ?? 0
        return counts.map { label, count in
            Row(label: label, value: grouped(count), width: largest == 0 ? 0 : count * 100 / largest)
        }
    }

    /// Thousands apart, for people.
    static func grouped(_ number: Int) -> String {
        var text = String(number)
        var place = text.index(text.endIndex, offsetBy: -3, limitedBy: text.startIndex)
        while let here = place, here > text.startIndex, text[text.index(before: here)] != "-" {
            text.insert(",", at: here)
            place = text.index(here, offsetBy: -3, limitedBy: text.startIndex)
        }
        return text
    }
}
