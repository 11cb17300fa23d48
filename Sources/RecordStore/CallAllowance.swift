/// How many calls the caps leave. A pure rule.
struct CallAllowance: Equatable {
    /// How many records may be claimed.
    let count: Int
    /// The cap that leaves fewer than were asked for.
    let limitedBy: Cap?

    /// Of so many records wanted, after so many calls of the batch, and of the day over all batches.
    init(wanted: Int, caps: CallCaps, batchCalls: Int, dayCalls: Int) {
        let ofBatch = caps.batch.map { max(0, $0 - batchCalls) } ?? wanted
        let ofDay = caps.daily.map { max(0, $0 - dayCalls) } ?? wanted
        count = min(wanted, ofBatch, ofDay)
        limitedBy = count == wanted ? nil : ofBatch <= ofDay ? .batchCalls : .dailyCalls
    }
}
