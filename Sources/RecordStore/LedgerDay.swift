/// What the ledger adds up to on one day for one batch, or for calls that are no batch's.
public struct LedgerDay: Sendable, Equatable {
    /// The day on which the attempts were begun, in the zone of `limits.time_zone`.
    public let day: CallDay
    /// The batch; nil for calls that are no batch's.
    public let batch: BatchID?
    /// The batch's name, or what the calls were.
    public let name: String
    /// The totals of that day's attempts, as they stand now.
    public let totals: LedgerTotals

    /// States the totals of a day.
    public init(day: CallDay, batch: BatchID?, name: String, totals: LedgerTotals) {
        self.day = day
        self.batch = batch
        self.name = name
        self.totals = totals
    }
}
