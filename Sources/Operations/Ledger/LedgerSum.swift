import RecordStore

/// What attempts add up to, under the names that `summary.json` has for them.
struct LedgerSum: Encodable, Equatable {
    private(set) var attempts = 0
    /// Under way.
    private(set) var open = 0
    /// Left, or may have left.
    private(set) var made = 0
    /// Answered with 200: billed.
    private(set) var billable = 0
    /// Surely not billed: never left, or refused.
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

    private enum CodingKeys: String, CodingKey {
        case attempts, open, made, billable
        case notBillable = "not_billable"
        case maybeBillable = "maybe_billable"
    }
}
