/// What a figure should reach: now, and when all is done.
struct Target {
    /// Which side of the bound is the good one.
    enum Side: String {
        case atMost = "≤"
        case atLeast = "≥"
    }

    let side: Side
    let now: Double
    let final: Double

    static func atMost(_ now: Double, final: Double? = nil) -> Target {
        Target(side: .atMost, now: now, final: final ?? now)
    }

    static func atLeast(_ now: Double, final: Double? = nil) -> Target {
        Target(side: .atLeast, now: now, final: final ?? now)
    }

    /// Whether a value is on the good side of a bound.
    func isMet(by value: Double, bound: Double) -> Bool {
        switch side {
        case .atMost: value <= bound
        case .atLeast: value >= bound
        }
    }

    /// The verdict's word.
    func verdict(on value: Double, bound: Double) -> String {
        isMet(by: value, bound: bound) ? "PASS" : side == .atMost ? "over" : "under"
    }
}
