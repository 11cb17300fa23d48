extension SettingKeys {
    static let currency = SettingKey("pricing.currency", .currency, "the currency of the prices")
    static let tiers = KeyDescription(
        path: "pricing.tiers",
        expectation: "a list such as [ { up_to: 100000, each: 0.10 }, { each: 0.07 } ], rising, the last without up_to",
        fallback: nil, about: "prices by the calls of the calendar month so far; absent: 'cost unknown'",
        isScalar: false)
    static let pricing: [KeyDescription] = [currency.description, tiers]
}
