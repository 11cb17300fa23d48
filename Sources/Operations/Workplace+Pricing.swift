import Results
import Settings

extension Installation {
    /// The settings' price list, in Results' words; nil where none is given.
    var pricing: Pricing? { Pricing(settings) }
}

extension Pricing {
    /// The price list of settings; nil where they have none.
    init?(_ settings: Settings) {
        guard let pricing = settings.pricing else { return nil }
        self.init(
            currency: pricing.currency, tiers: pricing.tiers.map { Pricing.Tier(upTo: $0.upTo, each: $0.each) })
    }
}
