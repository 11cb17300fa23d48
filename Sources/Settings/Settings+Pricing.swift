public import Foundation

extension Settings {
    /// What calls cost.
    public struct Pricing: Sendable, Equatable {
        /// Three capital letters.
        public var currency: String
        /// Rising; the last has no end.
        public var tiers: [Tier]

        /// One step of the price.
        public struct Tier: Sendable, Equatable {
            /// The last call of the calendar month that costs this; nil: all further ones.
            public var upTo: Int?
            /// The price of one call.
            public var each: Decimal
        }
    }
}

extension Settings.Pricing {
    /// Reads the section; nil if there is none.
    init?(from reader: inout ValueReader) throws(SettingsError) {
        let currency = try reader.optional(SettingKeys.currency)
        guard let entry = reader.structure(SettingKeys.tiers.path) else {
            guard currency == nil else {
                throw reader.error(at: SettingKeys.currency.path, "pricing.currency needs pricing.tiers beside it")
            }
            return nil
        }
        guard let currency else {
            throw reader.error(at: SettingKeys.tiers.path, "pricing.tiers needs pricing.currency beside it")
        }
        self.init(currency: currency, tiers: try Self.tiers(entry, reader: reader))
        reader.note(
            tiers.map { "\($0.upTo.map(String.init) ?? "")@\($0.each)" }.joined(separator: ","), at: "pricing.tiers")
    }

    private static func tiers(_ entry: Entry, reader: ValueReader) throws(SettingsError) -> [Tier] {
        guard case .list(let items) = entry.content, !items.isEmpty else {
            throw wrong(entry, reader: reader)
        }
        var tiers: [Tier] = []
        for item in items {
            let tier = try self.tier(item, reader: reader)
            let isRising = tiers.last.map { last in (last.upTo ?? .max) < (tier.upTo ?? .max) } ?? true
            guard isRising else { throw wrong(item, reader: reader) }
            tiers.append(tier)
        }
        guard tiers.last?.upTo == nil else { throw wrong(items.last ?? entry, reader: reader) }
        return tiers
    }

    private static func tier(_ item: Entry, reader: ValueReader) throws(SettingsError) -> Tier {
        let flat = try FlatFile(item, schema: tierSchema, file: reader.file)
        var values = ValueReader(flat, directory: "/")
        guard values.has(each.path) else { throw wrong(item, reader: reader) }
        return Tier(upTo: try values.optional(upTo), each: try values.value(each))
    }

    private static let upTo = SettingKey("up_to", .integer(atLeast: 1), "the last call of the month at this price")
    private static let each = SettingKey("each", .price, "the price of one call")
    private static let tierSchema = Schema([upTo.description, each.description])

    private static func wrong(_ entry: Entry, reader: ValueReader) -> SettingsError {
        SettingsError(
            file: reader.file, line: entry.line, key: SettingKeys.tiers.path,
            "pricing.tiers must be \(SettingKeys.tiers.expectation)")
    }
}
