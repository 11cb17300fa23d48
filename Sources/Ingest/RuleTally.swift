/// Counts broken rules with the first lines of each.
struct RuleTally {
    private static let linesKept = 10
    /// Rules that name a member of a JSON line are as many as a file has names; memory must not grow with them.
    private static let rulesKept = 200
    private static let another = Refusal(field: nil, rule: "breaks one of too many different rules")
    private var rules: [Refusal: FileSurvey.BrokenRule] = [:]

    /// Counts the rules one record breaks.
    mutating func note(_ refusals: [Refusal], line: Int) {
        for refusal in Set(refusals.map(kept)) {
            var rule = rules[refusal] ?? FileSurvey.BrokenRule(refusal: refusal, count: 0, lines: [])
            rule.count += 1
            if rule.lines.count < Self.linesKept { rule.lines.append(line) }
            rules[refusal] = rule
        }
    }

    private func kept(_ refusal: Refusal) -> Refusal {
        rules[refusal] != nil || rules.count < Self.rulesKept ? refusal : Self.another
    }

    /// The rules with the most frequent first, those as frequent in the order of their first lines.
    var ranked: [FileSurvey.BrokenRule] {
        rules.values.sorted {
            ($1.count, $0.lines.first ?? 0, $0.refusal.description)
                < ($0.count, $1.lines.first ?? 0, $1.refusal.description)
        }
    }
}
