/// What the ledger adds up to, for a batch.
public struct LedgerTotals: Sendable, Equatable, Codable {
    /// Rows of the ledger.
    public var attempts = 0
    /// Rows whose outcome isn't known yet.
    public var open = 0
    /// Attempts that left or may have left.
    public var calls = 0
    /// Attempts answered with 200: billed.
    public var billable = 0
    /// Attempts that were surely not billed: never left, or refused.
    public var unbilled = 0
    /// Attempts that may have been billed.
    public var unknown = 0

    /// Attempts that are on the invoice at the most: the billed, the perhaps billed, and those under way.
    public var chargedAtMost: Int { billable + unknown + open }

    /// All totals at nought.
    public init() {}
}
