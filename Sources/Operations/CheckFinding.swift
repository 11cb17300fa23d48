import Ingest
import Results

/// What `check` says of one file.
struct CheckFinding: Encodable {
    /// One broken rule.
    struct Rule: Encodable {
        let field: String?
        let rule: String
        let records: Int
        /// The first lines that break it.
        let lines: [Int]
    }

    let file: String
    let records: Int
    let invalid: Int
    let duplicateRequests: Int
    let duplicateIDs: Int
    let billableCalls: Int
    let seconds: Double
    let cost: String?
    let rules: [Rule]
    private let estimate: Estimate

    init(_ survey: FileSurvey, rate: Double, pricing: Pricing?) {
        file = survey.name
        records = survey.records
        invalid = survey.invalid
        duplicateRequests = survey.duplicateRequests
        duplicateIDs = survey.duplicateIDs
        billableCalls = survey.billableCalls
        estimate = Estimate(calls: survey.billableCalls, rate: rate, pricing: pricing)
        seconds = estimate.seconds
        cost = estimate.cost
        rules = survey.rules.map {
            Rule(field: $0.refusal.field, rule: $0.refusal.rule, records: $0.count, lines: $0.lines)
        }
    }

    var text: String {
        var lines = ["\(file): \(Figures.count(records, "record")), \(Figures.count(invalid)) invalid"]
        for rule in rules {
            let places =
                rule.lines.map(String.init).joined(separator: ", ") + (rule.records > rule.lines.count ? ", …" : "")
            let subject = rule.field.map { "\($0) " } ?? ""
            lines.append("  \(Figures.count(rule.records)) × \(subject)\(rule.rule) (line \(places))")
        }
        if duplicateRequests > 0 {
            lines.append("  \(Figures.count(duplicateRequests)) the same as an earlier line: each is called and billed")
        }
        if duplicateIDs > 0 {
            lines.append("  \(Figures.count(duplicateIDs)) with an id that an earlier line has; that is allowed")
        }
        lines.append("  \(estimate.text); retries, if any, come on top")
        return lines.joined(separator: "\n")
    }

    private enum CodingKeys: String, CodingKey {
        case file, records, invalid, seconds, cost, rules
        case duplicateRequests = "duplicate_requests"
        case duplicateIDs = "duplicate_ids"
        case billableCalls = "billable_calls"
    }
}
