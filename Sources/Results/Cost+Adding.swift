import Foundation

extension Cost {
    /// Nothing yet, in the currency of a price list; unknown without one.
    public static func nothing(_ pricing: Pricing?) -> Cost {
        pricing.map { .known(currency: $0.currency, certain: 0, atMost: 0) } ?? .unknown
    }

    /// Both together; unknown with anything stays unknown.
    public func adding(_ other: Cost) -> Cost {
        guard case .known(let currency, let certain, let atMost) = self,
            case .known(_, let more, let moreAtMost) = other
        else { return .unknown }
        return .known(currency: currency, certain: certain + more, atMost: atMost + moreAtMost)
    }
}
