extension JobDefinition {
    /// Refuses keys that are right by themselves and mean nothing, or two things, together.
    func checkRules(_ reader: ValueReader, pricing: Settings.Pricing?) throws(SettingsError) {
        for rule in rules where rule.isBroken {
            guard let key = rule.keys.first(where: reader.has) else { continue }
            throw reader.error(at: key, "\(key) \(rule.remedy)")
        }
        try reader.requirePrices(pricing)
    }

    private struct Rule {
        /// The error stands at the first of these that is given; none given: the rule does not apply.
        let keys: [String]
        let isBroken: Bool
        /// Goes on after the key.
        let remedy: String
    }

    private var rules: [Rule] {
        [
            Rule(
                keys: [Self.pathKey.path, Self.globKey.path], isBroken: rerun != nil,
                remedy: "cannot stand beside rerun, which takes no files: make two jobs of them"),
            Rule(
                keys: [Self.scheduleKey.path], isBroken: !source.isGiven && rerun == nil,
                remedy: "has nothing to start: give source.glob, source.path or rerun"),
            Rule(
                keys: [Self.globKey.path], isBroken: schedule == nil,
                remedy: "needs schedule, or nothing would ever start it"),
            Rule(
                keys: [Self.youngerThanKey.path], isBroken: schedule == nil,
                remedy: "needs schedule, or nothing would ever start it"),
            Rule(
                keys: [Self.catchUpKey.path], isBroken: schedule == nil,
                remedy: "needs schedule: without one no run is ever missed"),
            Rule(
                keys: [Self.exchangeGroupKey.path], isBroken: source.path == nil,
                remedy: "needs source.path: it is about the drop folder's inbox and out folders"),
            Rule(
                keys: [Self.doneMarkerKey.path, Self.settleKey.path, Self.orderKey.path, Self.afterKey.path],
                isBroken: !source.isGiven, remedy: "needs source.path or source.glob, whose files it is about"),
            Rule(
                keys: [Self.afterKey.path], isBroken: source.path != nil && after == .keep,
                remedy: "must be archive or delete for a drop folder, which would never be empty"),
        ]
    }
}

extension ValueReader {
    /// A bound in money that nobody could hold would be worse than none.
    func requirePrices(_ pricing: Settings.Pricing?) throws(SettingsError) {
        guard pricing == nil else { return }
        for key in [SettingKeys.monthlyCost.path, SettingKeys.confirmCost.path] where has(key) {
            throw error(at: key, "\(key) needs pricing in rollcall.yaml: without prices no call has a cost")
        }
    }
}
