/// What one batch's ledger adds up to on one day.
public struct LedgerDay: Sendable, Equatable {
    /// The day on which the attempts were begun, in the zone of `limits.time_zone`.
    public let day: CallDay
    /// The batch.
    public let batch: BatchID
    /// The batch's name.
    public let name: String
    /// The totals of that day's attempts, as they stand now.
    public let totals: LedgerTotals
}
