import RecordStore
import Results

/// What the ledger adds up to over some days, by day and batch: what an invoice for them should say.
struct PeriodLedger: Encodable {
    /// One batch's attempts of one day.
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
        try self.init(days, entries: store.ledgerDays(days), store: store, pricing: pricing)
    }

    /// Reads the totals of one batch's days.
    init(of batch: Batch, store: RecordStore, pricing: Pricing?) throws {
        let all = CallDay(rawValue: 19_700_101)...CallDay(rawValue: 99_991_231)
        let own = try store.ledgerDays(all).filter { $0.batch == batch.id }
        let days = own.first.flatMap { first in own.last.map { first.day...$0.day } }
        try self.init(days ?? all, entries: own, store: store, pricing: pricing)
    }

    private init(_ days: ClosedRange<CallDay>, entries: [LedgerDay], store: RecordStore, pricing: Pricing?) throws {
        from = days.lowerBound.text
        to = days.upperBound.text
        self.days = entries.map { Entry(day: $0.day.text, batch: $0.name, totals: LedgerSum($0.totals)) }
        totals = entries.reduce(into: LedgerSum()) { $0.add($1.totals) }
        // Each calendar month begins with the first tier again, after what was billed before the period.
        let months = Dictionary(grouping: entries) { $0.day.month.lowerBound }
        cost = try months.sorted { $0.key < $1.key }.reduce(Cost.nothing(pricing)) { cost, month in
            let sum = month.value.reduce(into: LedgerSum()) { $0.add($1.totals) }
            let first = month.value[0].day
            let earlier = CallDay(rawValue: month.key)...CallDay(rawValue: first.rawValue - 1)
            let already = try store.callTotals(earlier).billable
            return cost.adding(
                billable: sum.billable, atMost: sum.chargedAtMost, already: already, pricing: pricing)
        }
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
