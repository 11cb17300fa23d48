import Basics

/// How a batch's lines are divided among statuses, as one bar with a legend. A pure value: places in percent of the
/// bar's width.
struct StatusChart {
    /// One status that there are lines of.
    struct Part {
        let label: String
        /// The style's class that gives it its colour.
        let kind: String
        let value: String
        let share: String
        let start: String
        let width: String
    }

    let parts: [Part]

    /// Divides a batch's lines.
    init(_ records: BatchSummary.Records) {
        let counts = [
            ("answered", "good", records.succeeded), ("reused", "reused", records.reused),
            ("failed", "bad", records.failed), ("invalid", "invalid", records.invalid),
            ("in doubt", "doubt", records.inDoubt), ("cancelled", "none", records.cancelled),
            ("waiting", "wait", records.queued + records.inFlight),
        ].filter { $0.2 > 0 }
        var before = 0
        parts = counts.map { label, kind, count in
            defer { before += count }
            return Part(
                label: label, kind: kind, value: Counted.number(count), share: Share.text(count, of: records.total),
                start: Share.percent(before, of: records.total), width: Share.percent(count, of: records.total))
        }
    }
}

/// One score's histogram. All histograms of a page have the same scale, from 0 to the largest share of answers in any
/// group of any of them, so that they can be compared. A pure value.
package struct ScoreChart: Sendable, Equatable {
    /// A column of the histogram; places in units of its drawing, 300 wide and 64 high.
    package struct Bar: Sendable, Equatable {
        package let x: String
        package let y: String
        package let width: String
        package let height: String
        /// What a pointer that rests there reads: the group, its number and its share.
        package let text: String
    }

    package let title: String
    package let meaning: String
    /// The value at the left end, and that at the right.
    package let low: String
    package let high: String
    package let answers: String
    /// The share of answers that the top of the drawing stands for.
    package let top: String
    package let bars: [Bar]
    /// In words, for who does not see the drawing.
    package let description: String

    private static let size = (width: 300.0, height: 64.0)
    private static let gap = 3.0

    /// A chart for each score that any answer has.
    static func all(_ tally: ScoreTally) -> [ScoreChart] {
        let scored = Score.all.indices.filter { tally.counts[$0].contains { $0 > 0 } }
        let largest = scored.map { index in
            let counts = tally.counts[index]
            return Double(counts.max() ?? 0) / Double(counts.reduce(0, +))
        }.max()
        return scored.map { ScoreChart(Score.all[$0], tally.counts[$0], outside: tally.outside[$0], top: largest ?? 1) }
    }

    /// A chart for each score that a summary has answers of.
    package static func all(_ summary: BatchSummary) -> [ScoreChart] { all(ScoreTally(summary.scores ?? [])) }

    private init(_ score: Score, _ counts: [Int], outside: Int, top: Double) {
        let total = counts.reduce(0, +)
        (title, answers, self.top) = (score.title, Counted.things(total, "answer"), Share.text(top))
        meaning = score.meaning + (outside > 0 ? " \(Counted.things(outside, "value")) outside the range." : "")
        (low, high) = (score.label(of: 0), score.label(of: counts.count - 1))
        let step = Self.size.width / Double(counts.count)
        bars = counts.enumerated().compactMap { group, count in
            // No bar for nothing; what there is can be seen, however small its share.
            guard count > 0 else { return nil }
            let height = max(1.5, Double(count) / Double(total) / top * Self.size.height)
            return Bar(
                x: Share.decimal(step * Double(group) + Self.gap / 2), y: Share.decimal(Self.size.height - height),
                width: Share.decimal(step - Self.gap), height: Share.decimal(height),
                text: "\(score.label(of: group)): \(Counted.number(count)), \(Share.text(count, of: total))")
        }
        description = bars.map(\.text).joined(separator: "; ")
    }
}

/// Shares of a whole, for reading and for drawing.
enum Share {
    /// `12%`, `0.4%`, `under 0.1%`; nothing of nothing is `0%`.
    static func text(_ part: Int, of whole: Int) -> String { whole == 0 ? "0%" : text(Double(part) / Double(whole)) }

    /// The same of a number from 0 to 1.
    static func text(_ share: Double) -> String {
        let percent = share * 100
        switch percent {
        case ...0: return "0%"
        case ..<0.1: return "under 0.1%"
        // What is not all is not said to be.
        case 99.9..<100: return "over 99.9%"
        case ..<10, 99..<100: return "\(decimal(percent))%"
        default: return "\(Int(percent.rounded()))%"
        }
    }

    /// Percent with up to two decimals, for a drawing.
    static func percent(_ part: Int, of whole: Int) -> String {
        whole == 0 ? "0" : "\((Double(part) / Double(whole) * 10_000).rounded() / 100)"
    }

    /// A number with one decimal where it has one.
    static func decimal(_ number: Double) -> String {
        let rounded = (number * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
