public import Foundation

/// What calls cost or would cost. In JSON, wherever a cost stands, `{"currency": …, "certain": …, "at_most": …}`, or the
/// words `cost unknown`.
public enum Cost: Sendable, Equatable {
    /// There is no price list.
    case unknown
    /// The cost of the calls that were surely billed, and that with those that may have been, which is never less.
    case known(currency: String, certain: Decimal, atMost: Decimal)

    private static let unknownInJSON = "cost unknown"
}

extension Cost: CustomStringConvertible {
    /// `USD 12.30`, `USD 12.30 to 12.50`, or `unknown`.
    public var description: String {
        switch self {
        case .unknown: "unknown"
        case .known(let currency, let certain, let atMost) where certain == atMost: "\(currency) \(certain)"
        case .known(let currency, let certain, let atMost):
            "\(currency) \(certain) to \(atMost)"
        }
    }
}

extension Cost: Codable {
    private enum CodingKeys: String, CodingKey {
        case currency, certain
        case atMost = "at_most"
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self), text == Self.unknownInJSON {
            self = .unknown
            return
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self = .known(
            currency: try values.decode(String.self, forKey: .currency),
            certain: try values.decode(Decimal.self, forKey: .certain),
            atMost: try values.decode(Decimal.self, forKey: .atMost))
    }

    /// Writes an object with exact amounts, or the words `cost unknown`.
    public func encode(to encoder: any Encoder) throws {
        guard case .known(let currency, let certain, let atMost) = self else {
            var container = encoder.singleValueContainer()
            return try container.encode(Self.unknownInJSON)
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(currency, forKey: .currency)
        try values.encode(certain, forKey: .certain)
        try values.encode(atMost, forKey: .atMost)
    }
}
