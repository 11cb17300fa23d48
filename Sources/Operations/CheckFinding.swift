import Basics
import Ingest
import RecordStore
import Results
import Settings

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

    private static let unknown = "retries, and answers that other batches get meanwhile"

    let file: String
    let records: Int
    let invalid: Int
    let duplicateRequests: Int
    let duplicateIDs: Int
    let reused: Int
    let held: Int
    let billableCalls: Int
    let callsThisMonth: Int
    let seconds: Double
    let cost: Cost
    /// Calls of a run with `--again`, where one without is refused.
    let againCalls: Int?
    let rules: [Rule]
    /// Why its batch would wait for confirmation; empty where it would run.
    let waits: [String]
    /// The batch that took the very file in before.
    let knownAs: String?
    let isKnownFinished: Bool
    /// The file before it that holds the very bytes.
    let sameAs: String?
    /// Whether a database told of earlier answers and of the month's calls so far.
    let hasLooked: Bool
    let notKnown = Self.unknown
    private let estimate: Estimate
    private let again: Estimate?

    init(_ survey: FileSurvey, _ prospect: CheckProspect, job: JobDefinition, hasLooked: Bool) {
        file = survey.name
        records = survey.records
        invalid = survey.invalid
        duplicateRequests = survey.duplicateRequests
        duplicateIDs = survey.duplicateIDs
        estimate = prospect.now
        again = prospect.again
        (reused, held, billableCalls) = (estimate.reused, estimate.held, estimate.calls)
        callsThisMonth = prospect.callsThisMonth
        seconds = estimate.seconds
        cost = estimate.cost
        againCalls = again?.calls
        rules = survey.rules.map {
            Rule(field: $0.refusal.field, rule: $0.refusal.rule, records: $0.count, lines: $0.lines)
        }
        waits =
            prospect.isAsked
            ? Admission(records: survey.records, invalid: survey.invalid, estimate, under: job).reasons : []
        knownAs = prospect.known?.name
        sameAs = prospect.sameAs
        isKnownFinished = prospect.known?.state.isFinished ?? false
        self.hasLooked = hasLooked
    }

    var text: String {
        var lines = ["\(file): \(Figures.count(records, "record")), \(Figures.count(invalid)) invalid"]
        lines += rules.map(Self.text)
        if duplicateRequests > 0 {
            lines.append(
                "  \(Figures.count(duplicateRequests)) the same as an earlier line: its call answers "
                    + Counted.verb(duplicateRequests, "it", "them"))
        }
        if duplicateIDs > 0 {
            lines.append("  \(Figures.count(duplicateIDs)) with an id that an earlier line has; that is allowed")
        }
        if reused > 0 { lines.append("  \(Figures.count(reused)) answered within reuse_within: no call") }
        if held > 0 { lines.append("  \(Figures.count(held)) the same as a record in doubt: held, no call") }
        lines.append("  \(estimate.text)")
        if let again { lines.append("  with --again: \(again.text)") }
        if estimate.cost != .unknown {
            lines.append("  priced after \(Figures.count(callsThisMonth, "billed call")) of this month so far")
        }
        lines.append("  not known beforehand: \(notKnown)")
        if let sameAs {
            lines.append("  holds exactly the bytes of \(sameAs): it is taken in once, and refused without --again")
        }
        if let knownAs {
            lines.append(
                isKnownFinished
                    ? "  taken in before as \(knownAs): a run is refused without --again"
                    : "  taken in before as \(knownAs), which is not finished: a run goes on with what is left of it")
        }
        if !waits.isEmpty { lines.append("  would wait for confirmation: \(waits.joined(separator: "; "))") }
        return lines.joined(separator: "\n")
    }

    private static func text(of rule: Rule) -> String {
        let places =
            rule.lines.map(String.init).joined(separator: ", ") + (rule.records > rule.lines.count ? ", …" : "")
        let subject = rule.field.map { "\($0) " } ?? ""
        return "  \(Figures.count(rule.records)) × \(subject)\(rule.rule) (line \(places))"
    }

    private enum CodingKeys: String, CodingKey {
        case file, records, invalid, reused, held, seconds, cost, rules, waits
        case duplicateRequests = "duplicate_requests"
        case duplicateIDs = "duplicate_ids"
        case billableCalls = "billable_calls"
        case callsThisMonth = "calls_this_month"
        case againCalls = "again_calls"
        case knownAs = "known_as"
        case isKnownFinished = "known_finished"
        case sameAs = "same_as"
        case hasLooked = "database_read"
        case notKnown = "not_known"
    }
}
