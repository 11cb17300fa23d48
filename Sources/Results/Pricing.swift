public import Foundation

/// What calls cost, by tiers that count the calls of the calendar month so far.
public struct Pricing: Sendable, Equatable {
    /// One step of the price.
    public struct Tier: Sendable, Equatable {
        /// The last call of the month at this price; nil: all further ones.
        public let upTo: Int?
        /// The price of one call.
        public let each: Decimal

        /// Makes a step.
        public init(upTo: Int?, each: Decimal) {
            self.upTo = upTo
            self.each = each
        }
    }

    /// Three capital letters.
    public let currency: String
    /// Rising; the last has no end.
    public let tiers: [Tier]

    /// Makes a price list.
    ///
    /// - Parameters:
    ///   - currency: three capital letters.
    ///   - tiers: rising, the last without `upTo`; calls beyond the last cost as in the last.
    public init(currency: String, tiers: [Tier]) {
        self.currency = currency
        self.tiers = tiers
    }

    /// What further calls cost.
    ///
    /// - Parameters:
    ///   - count: billable calls.
    ///   - already: billable calls of the same calendar month before them.
    /// - Returns: the exact sum in the list's currency.
    public func cost(ofCalls count: Int, already: Int) -> Decimal {
        let end = already + count
        var from = already
        var sum: Decimal = 0
        for (index, tier) in tiers.enumerated() where from < end {
            let isLast = index == tiers.count - 1
            let to = isLast ? end : min(end, tier.upTo ?? end)
            guard to > from else { continue }
            sum += Decimal(to - from) * tier.each
            from = to
        }
        return sum
    }
}
