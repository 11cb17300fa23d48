import Results
import Settings

extension Workplace {
    /// The settings' price list, in Results' words; nil where none is given.
    var pricing: Pricing? {
        settings.pricing.map { pricing in
            Pricing(
                currency: pricing.currency, tiers: pricing.tiers.map { Pricing.Tier(upTo: $0.upTo, each: $0.each) })
        }
    }
}
