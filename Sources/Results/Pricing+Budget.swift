public import Foundation

extension Pricing {
    /// How many calls of a calendar month an amount buys, from its first call on.
    ///
    /// - Parameter budget: the most they may cost together.
    /// - Returns: the greatest number whose cost is no more; nil where calls without number are free.
    public func calls(for budget: Decimal) -> Int? {
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
