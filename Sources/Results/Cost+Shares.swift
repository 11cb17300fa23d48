public import RecordStore

extension Cost {
    /// What each row of the ledger's days costs.
    ///
    /// The tiers of a price list count the calls of a calendar month in the ledger's order: by day, and within a day by
    /// batch. A row costs what its calls add at its place in that order, so that the rows of a month add up to the
    /// month's cost to the last digit, whatever is left out or looked at alone. The upper bounds do so likewise: each
    /// row's is its share of a month in which every call that may have been billed was, so that with tiers that fall it
    /// can lie below the row's certain cost.
    ///
    /// - Parameters:
    ///   - rows: in order, and from each month's beginning.
    ///   - pricing: the price list; nil: every cost is unknown.
    /// - Returns: one for each.
    public static func shares(of rows: [LedgerDay], pricing: Pricing?) -> [Cost] {
        guard let pricing else { return rows.map { _ in .unknown } }
        var (month, billed, most) = (Int64(0), 0, 0)
        return rows.map { row in
            if row.day.month.lowerBound != month { (month, billed, most) = (row.day.month.lowerBound, 0, 0) }
            defer {
                billed += row.totals.billable
                most += row.totals.chargedAtMost
            }
            return .known(
                currency: pricing.currency,
                certain: pricing.cost(ofCalls: row.totals.billable, already: billed),
                atMost: pricing.cost(ofCalls: row.totals.chargedAtMost, already: most))
        }
    }

    /// The share of some rows of the ledger in what all of them cost.
    ///
    /// - Parameters:
    ///   - rows: in order, and from each month's beginning.
    ///   - pricing: the price list; nil: unknown.
    ///   - isOwn: which rows' shares are added.
    /// - Returns: their sum.
    public static func share(
        of rows: [LedgerDay], pricing: Pricing?, where isOwn: (LedgerDay) -> Bool
    ) -> Cost {
        zip(rows, shares(of: rows, pricing: pricing)).filter { isOwn($0.0) }
            .reduce(nothing(pricing)) { $0.adding($1.1) }
    }
}
