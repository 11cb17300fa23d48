/// One measured number, with the target it is held against.
struct Figure {
    /// How a number is written.
    enum Unit: String {
        case times = "×"
        case microseconds = "µs"
        case milliseconds = "ms"
        case mebibytes = "MiB"
        case perSecond = "/s"
    }

    let name: String
    let unit: Unit
    /// One per round.
    let samples: [Double]
    /// Nil for a number that only explains another.
    var target: Target?

    /// The median of the samples.
    var value: Double { samples.median }
}

extension [Double] {
    /// The middle value; of an even number the mean of the two in the middle; 0 of none.
    var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return 0 }
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// Each sample over the one of the same round.
    static func / (above: [Double], below: [Double]) -> [Double] {
        zip(above, below).map { $0 / $1 }
    }

    /// Each sample times a factor.
    static func * (samples: [Double], factor: Double) -> [Double] {
        samples.map { $0 * factor }
    }
}
