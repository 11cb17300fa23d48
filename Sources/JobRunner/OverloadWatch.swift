/// Notices when an endpoint answers nothing but that there are too many calls: the contract's calls are used up, or its
/// rate is lower than ours.
///
/// All times are monotonic nanoseconds.
struct OverloadWatch: Sendable {
    var outage: Duration
    /// From when on the time counts; nil while other answers come.
    private var countsFrom: Int64?
    /// Whether a wait that was asked for has moved that.
    private var hasWaited = false

    init(outage: Duration) {
        self.outage = outage
    }

    /// Takes in one outcome; whether nothing else has come for `halt.outage`.
    mutating func record(_ outcome: Outcome, at now: Int64) -> Bool {
        switch outcome.kind {
        case .overloaded:
            let start = countsFrom ?? now
            countsFrom = start
            return now.subtractingReportingOverflow(start).partialValue >= outage.nanoseconds
        // What never left tells nothing of the other side.
        case .unsent: return false
        default:
            reset()
            return false
        }
    }

    /// The time counts from the end of the first wait that was asked for: it is honoured whole.
    mutating func wait(until end: Int64) {
        guard let countsFrom, !hasWaited else { return }
        self.countsFrom = max(countsFrom, end)
        hasWaited = true
    }

    /// Nobody wanted to call for so long: that time does not count.
    mutating func excuse(_ time: Int64) {
        guard let countsFrom else { return }
        let (later, isTooLate) = countsFrom.addingReportingOverflow(max(0, time))
        self.countsFrom = isTooLate ? .max : later
    }

    /// Other answers came, or somebody has seen to it.
    mutating func reset() {
        countsFrom = nil
        hasWaited = false
    }
}
