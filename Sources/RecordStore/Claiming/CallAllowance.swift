/// How many calls the caps leave. A pure rule.
package struct CallAllowance: Equatable, Sendable {
    /// How many records may be claimed.
    package let count: Int
    /// The cap that allows fewer than were asked for.
    package let limitedBy: Cap?

    /// Computes the allowance from the records wanted and the calls already counted: those of the batch, those of the
    /// day over all batches, and the paid ones of the month.
    init(wanted: Int, caps: CallCaps, batchCalls: Int, dayCalls: Int, monthCharged: Int = 0) {
        let left: [(cap: Cap, count: Int)] = [
            (.batchCalls, caps.batch, batchCalls), (.dailyCalls, caps.daily, dayCalls),
            (.monthlyCost, caps.monthly, monthCharged),
        ].compactMap { cap, most, made in most.map { (cap, max(0, $0 - made)) } }
        let tightest = left.min { $0.count < $1.count }
        count = min(wanted, tightest?.count ?? wanted)
        limitedBy = count == wanted ? nil : tightest?.cap
    }
}
