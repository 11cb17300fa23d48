package import Foundation

/// What calls cost, by tiers that count the calls of the calendar month so far.
package struct Pricing: Sendable, Equatable {
    /// One step of the price.
    package struct Tier: Sendable, Equatable {
        /// The last call of the month at this price; nil: all further ones.
        package let upTo: Int?
        /// The price of one call.
        package let each: Decimal

        /// Makes a step.
        package init(upTo: Int?, each: Decimal) {
            self.upTo = upTo
            self.each = each
        }
    }

    /// Three capital letters.
    package let currency: String
    /// Rising; the last has no end.
    package let tiers: [Tier]

    /// Makes a price list.
    ///
    /// - Parameters:
    ///   - currency: three capital letters.
    ///   - tiers: rising, the last without `upTo`; calls beyond the last cost as in the last.
    package init(currency: String, tiers: [Tier]) {
        self.currency = currency
        self.tiers = tiers
    }

    /// What further calls cost.
    ///
    /// - Parameters:
    ///   - count: billable calls.
    ///   - already: billable calls of the same calendar month before them.
    /// - Returns: the exact sum in the list's currency.
    package func cost(ofCalls count: Int, already: Int) -> Decimal {
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

extension Pricing {
    /// How many calls of a calendar month an amount buys, from its first call on.
    ///
    /// - Parameter budget: the most they may cost together.
    /// - Returns: the greatest number whose cost is no more; nil where calls without number are free.
    package func calls(for budget: Decimal) -> Int? {
        var (left, made) = (budget, 0)
        for (index, tier) in tiers.enumerated() {
            let isLast = index == tiers.count - 1
            let size = isLast ? nil : tier.upTo.map { max(0, $0 - made) }
            guard tier.each > 0 else {
                guard let size else { return nil }
                made += size
                continue
            }
            let bought = Self.whole(left / tier.each)
            guard let size, bought >= size else { return made + max(0, bought) }
            made += size
            left -= Decimal(size) * tier.each
        }
        return made
    }

    /// The whole part, held at the end of `Int`.
    private static func whole(_ value: Decimal) -> Int {
        guard value < Decimal(Int.max / 2) else { return Int.max / 2 }
        var (value, rounded) = (value, Decimal())
        NSDecimalRound(&rounded, &value, 0, .down)
        return Int(truncating: rounded as NSDecimalNumber)
    }
}
