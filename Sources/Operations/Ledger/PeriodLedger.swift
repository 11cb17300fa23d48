import RecordStore
import Results

/// What the ledger adds up to over some days, by day and batch: what an invoice for them should say.
struct PeriodLedger: Encodable {
    /// One batch's attempts of one day, or those of no batch.
    struct Entry: Encodable {
        let day: String
        let batch: String
        let totals: LedgerSum
    }

    let from: String
    let to: String
    let days: [Entry]
    let totals: LedgerSum
    let cost: Cost

    /// Reads the totals of some days over all batches.
    init(_ days: ClosedRange<CallDay>, store: RecordStore, pricing: Pricing?) throws {
        // The tiers count from each month's beginning.
        let month = CallDay(rawValue: days.lowerBound.month.lowerBound)
        try self.init(days, of: store.ledgerDays(month...days.upperBound), pricing: pricing)
    }

    /// Adds up some days of the ledger.
    ///
    /// - Parameters:
    ///   - days: The first and the last day.
    ///   - rows: The ledger's rows from the beginning of the first day's month on.
    ///   - pricing: The price list.
    init(_ days: ClosedRange<CallDay>, of rows: [LedgerDay], pricing: Pricing?) {
        let entries = rows.filter { days.contains($0.day) }
        from = days.lowerBound.text
        to = days.upperBound.text
        self.days = entries.map { Entry(day: $0.day.text, batch: $0.name, totals: LedgerSum($0.totals)) }
        totals = entries.reduce(into: LedgerSum()) { $0.add($1.totals) }
        cost = Cost.share(of: rows, pricing: pricing) { days.contains($0.day) }
    }

    var text: String {
        var rows = [["DAY", "BATCH", "CALLS", "BILLED", "PERHAPS BILLED", "SURELY NOT"]]
        for entry in days {
            let sum = entry.totals
            let figures = [sum.made, sum.billable, sum.maybeBillable + sum.open, sum.notBillable]
            rows.append([entry.day, entry.batch] + figures.map(Figures.count))
        }
        return BatchTable.aligned(rows) + "\n\(from) to \(to): \(totals.text); cost: \(cost)"
    }
}
