import Foundation

extension Cost {
    /// Nothing yet, in the currency of a price list; unknown without one.
    public static func nothing(_ pricing: Pricing?) -> Cost {
        pricing.map { .known(currency: $0.currency, certain: 0, atMost: 0) } ?? .unknown
    }

    /// The cost with that of further calls of one calendar month.
    ///
    /// - Parameters:
    ///   - billable: calls that were surely billed.
    ///   - most: these and those that may have been.
    ///   - already: billable calls of the same month before them.
    ///   - pricing: the price list.
    /// - Returns: both sums; unknown stays unknown.
    public func adding(billable: Int, atMost most: Int, already: Int, pricing: Pricing?) -> Cost {
        guard case .known(let currency, let certain, let atMost) = self, let pricing else { return .unknown }
        return .known(
            currency: currency, certain: certain + pricing.cost(ofCalls: billable, already: already),
            atMost: atMost + pricing.cost(ofCalls: most, already: already))
    }
}
