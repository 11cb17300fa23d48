import Results

/// How a batch's records came to their end over time, as columns. A pure value: places in units of its drawing, 600 wide
/// and 80 high.
struct TimelineChart: Equatable {
    /// What ended in one step in one way.
    struct Part: Equatable {
        let x: String
        let y: String
        let width: String
        let height: String
        let tone: String
        /// What a pointer that rests there reads.
        let text: String
    }

    let parts: [Part]
    /// The time of the left end.
    let from: String
    /// How long the whole is.
    let length: String
    /// What the top of the drawing stands for.
    let top: String
    /// In words, for who does not see the drawing.
    let description: String

    private static let size = (width: 600.0, height: 80.0)

    /// Draws a timeline; nil where nothing has ended.
    init?(_ timeline: SettlementTimeline?) {
        guard let timeline, let most = timeline.answered.indices.map(timeline.total).max(), most > 0 else { return nil }
        let steps = timeline.answered.count
        let (width, unit) = (Self.size.width / Double(max(steps, 12)), Self.size.height / Double(most))
        parts = timeline.answered.indices.flatMap { step in
            var top = Self.size.height
            return [
                ("answered", Tone.good, timeline.answered[step]), ("failed", Tone.bad, timeline.failed[step]),
                ("in doubt", Tone.warning, timeline.inDoubt[step]),
            ].filter { $0.2 > 0 }.map { name, tone, count in
                // What there is can be seen, however small its share.
                let height = max(1.5, Double(count) * unit)
                top -= height
                return Part(
                    x: Self.number(width * Double(step) + width * 0.1), y: Self.number(max(0, top)),
                    width: Self.number(width * 0.8), height: Self.number(height), tone: tone.rawValue,
                    text: "after \(Self.time(step * timeline.stepSeconds)): \(NumberFormat.count(count)) \(name)")
            }
        }
        from = timeline.from.prefix(19).replacing("T", with: " ") + " UTC"
        length = Self.time(steps * timeline.stepSeconds)
        top = "\(NumberFormat.count(most, "record")) in \(Self.time(timeline.stepSeconds))"
        let sums = [(timeline.answered, "answered"), (timeline.failed, "failed"), (timeline.inDoubt, "in doubt")]
        description =
            "In \(length): "
            + sums.map { "\(NumberFormat.count($0.0.reduce(0, +))) \($0.1)" }.joined(separator: ", ")
            + "; at most \(top)"
    }

    private static func time(_ seconds: Int) -> String { NumberFormat.duration(seconds: Double(seconds)) }

    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
