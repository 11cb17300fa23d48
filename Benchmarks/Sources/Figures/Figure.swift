/// One measured number, with the target it is held against.
package struct Figure: Sendable {
    /// How a number is written.
    package enum Unit: String, Sendable {
        case times = "×"
        case number = ""
        case percent = "%"
        case calls = "calls"
        case microseconds = "µs"
        case milliseconds = "ms"
        case mebibytes = "MiB"
        case perSecond = "/s"
    }

    /// How the samples of all rounds become one value.
    package enum Summary: String, Sendable {
        /// For costs, which a busy machine moves up and down.
        case median
        /// For limits that no round may pass.
        case largest
    }

    package let name: String
    package let unit: Unit
    /// One per round.
    package let samples: [Double]
    package let summary: Summary
    /// Nil for a number that only explains another.
    package let target: Target?

    package init(
        _ name: String, _ unit: Unit, _ samples: [Double], summary: Summary = .median, target: Target? = nil
    ) {
        self.name = name
        self.unit = unit
        self.samples = samples
        self.summary = summary
        self.target = target
    }

    /// What the samples come to; 0 without any.
    package var value: Double {
        switch summary {
        case .median: samples.median
        case .largest: samples.max() ?? 0
        }
    }

    /// Whether the value reaches its target; nil without one. A target without a sample is missed.
    package var isMet: Bool? {
        target.map { !samples.isEmpty && $0.isMet(by: value) }
    }
}

/// What a figure has to reach.
package struct Target: Sendable {
    /// Which side of the bound is the good one.
    package enum Side: String, Sendable {
        case atMost = "≤"
        case atLeast = "≥"
    }

    package let side: Side
    package let bound: Double

    package static func atMost(_ bound: Double) -> Target { Target(side: .atMost, bound: bound) }

    package static func atLeast(_ bound: Double) -> Target { Target(side: .atLeast, bound: bound) }

    /// Whether a value is the bound itself or on the good side of it.
    package func isMet(by value: Double) -> Bool {
        switch side {
        case .atMost: value <= bound
        case .atLeast: value >= bound
        }
    }
}

extension [Double] {
    /// The middle value; of an even number the mean of the two in the middle; 0 of none.
    package var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// Each sample over the one of the same round.
    package static func / (above: [Double], below: [Double]) -> [Double] {
        zip(above, below).map { $0 / $1 }
    }

    /// Each sample times a factor.
    package static func * (samples: [Double], factor: Double) -> [Double] {
        samples.map { $0 * factor }
    }
}
