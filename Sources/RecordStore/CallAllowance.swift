/// How many calls the caps leave. A pure rule.
struct CallAllowance: Equatable {
    /// How many records may be claimed.
    let count: Int
    /// The cap that leaves fewer than were asked for.
    let limitedBy: Cap?

    /// - Parameters:
    ///   - wanted: How many records were asked for.
    ///   - batchCalls: Calls of the batch so far.
    ///   - dayCalls: Calls of the day so far, over all batches.
    init(wanted: Int, caps: CallCaps, batchCalls: Int, dayCalls: Int) {
        let ofBatch = caps.batch.map { max(0, $0 - batchCalls) } ?? wanted
        let ofDay = caps.daily.map { max(0, $0 - dayCalls) } ?? wanted
        count = min(wanted, ofBatch, ofDay)
        limitedBy = count == wanted ? nil : ofBatch <= ofDay ? .batchCalls : .dailyCalls
    }
}
