import Foundation

/// An amount in a price list's currency.
struct Money: Encodable, Equatable, CustomStringConvertible {
    let currency: String
    let amount: Decimal

    /// `12.50 USD`.
    var description: String { "\(amount) \(currency)" }
}
