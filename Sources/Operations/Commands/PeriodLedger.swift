import Foundation
import RecordStore
import Results

/// The ledger's totals for some days, by day and batch: what an invoice for them should say.
struct PeriodLedger: Encodable {
    /// One batch's attempts of one day, or those of no batch.
    struct Entry: Encodable {
        let day: String
        let batch: String
        let totals: LedgerSum
        /// What its calls cost at their place among the month's.
        let cost: Cost
    }

    let from: String
    let to: String
    let days: [Entry]
    let totals: LedgerSum
    let cost: Cost
    /// Restores found in these days whose losses are unknown: more calls may have been billed than are listed here.
    let unknown: [Unknown]

    enum CodingKeys: CodingKey, CaseIterable { case from, to, days, totals, cost, unknown }

    /// A restore for which it is unknown which calls it lost.
    struct Unknown: Encodable {
        let found: String
        let reason: String
    }

    /// Reads the totals of some days over all batches.
    ///
    /// - Parameters:
    ///   - days: The first and the last day.
    ///   - store: The database.
    ///   - pricing: The price list.
    ///   - zone: The days' time zone.
    /// - Throws: `StoreError` when the database cannot be read.
    init(_ days: ClosedRange<CallDay>, store: RecordStore, pricing: Pricing?, zone: TimeZone) async throws {
        // The tiers count from each month's beginning.
        let month = CallDay(rawValue: days.lowerBound.month.lowerBound)
        let unknown = try await store.unknownRestores().filter { days.contains(CallDay(at: $0.at, in: zone)) }
        try self.init(
            days, of: await store.ledgerDays(month...days.upperBound), pricing: pricing,
            unknown: unknown.map { Unknown(found: Timestamp.text($0.at), reason: $0.reason) })
    }

    /// Adds up some days of the ledger.
    ///
    /// - Parameters:
    ///   - days: The first and the last day.
    ///   - rows: The ledger's rows from the beginning of the first day's month on.
    ///   - pricing: The price list.
    ///   - unknown: Restores whose losses are unknown.
    init(_ days: ClosedRange<CallDay>, of rows: [LedgerDay], pricing: Pricing?, unknown: [Unknown] = []) {
        self.unknown = unknown
        let costs = Cost.each(of: rows, pricing: pricing)
        let entries = zip(rows, costs).filter { days.contains($0.0.day) }
        from = days.lowerBound.text
        to = days.upperBound.text
        self.days = entries.map { row, cost in
            Entry(day: row.day.text, batch: row.name, totals: LedgerSum(row.totals), cost: cost)
        }
        totals = entries.reduce(into: LedgerSum()) { $0.add($1.0.totals) }
        cost = Cost.share(of: rows, pricing: pricing) { days.contains($0.day) }
    }

    var text: String {
        var rows = [["DAY", "BATCH", "CALLS", "BILLED", "PERHAPS BILLED", "SURELY NOT", "COST"]]
        for entry in days {
            let sum = entry.totals
            let figures = [sum.made, sum.billable, sum.maybeBillable + sum.open, sum.notBillable]
            rows.append([entry.day, entry.batch] + figures.map(NumberFormat.count) + [entry.cost.description])
        }
        let gaps = unknown.map {
            "restored, found at \($0.found): nobody knows how many calls are missing here (\($0.reason))\n"
        }
        return BatchTable.aligned(rows) + "\n" + gaps.joined() + "\(from) to \(to): \(totals.text); cost: \(cost)"
    }
}

/// Totals of attempts, with the same names as in `summary.json`.
struct LedgerSum: Encodable, Equatable {
    private(set) var attempts = 0
    /// Under way.
    private(set) var open = 0
    /// Sent, or possibly sent.
    private(set) var made = 0
    /// Answered with 200: billed.
    private(set) var billable = 0
    /// Certainly not billed: never sent, or refused.
    private(set) var notBillable = 0
    /// May have been billed.
    private(set) var maybeBillable = 0

    init() {}

    init(_ totals: LedgerTotals) {
        add(totals)
    }

    mutating func add(_ totals: LedgerTotals) {
        attempts += totals.attempts
        open += totals.open
        made += totals.calls
        billable += totals.billable
        notBillable += totals.unbilled
        maybeBillable += totals.unknown
    }

    var text: String {
        var parts = [
            NumberFormat.count(attempts, "attempt"), NumberFormat.count(made, "call"),
            "\(NumberFormat.count(billable)) billed",
            "\(NumberFormat.count(maybeBillable)) perhaps billed", "\(NumberFormat.count(notBillable)) surely not",
        ]
        if open > 0 { parts.append("\(NumberFormat.count(open)) under way") }
        return parts.joined(separator: ", ")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case attempts, open, made, billable
        case notBillable = "not_billable"
        case maybeBillable = "maybe_billable"
    }
}
