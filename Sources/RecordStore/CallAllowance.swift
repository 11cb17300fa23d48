/// How many calls the caps leave. A pure rule.
struct CallAllowance: Equatable {
    /// How many records may be claimed.
    let count: Int
    /// The cap that leaves fewer than were asked for.
    let limitedBy: Cap?

    /// Of so many records wanted, after so many calls of the batch, of the day over all batches, and so many paid ones
    /// of the month.
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
