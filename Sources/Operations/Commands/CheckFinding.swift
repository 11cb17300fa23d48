import Basics
import Ingest
import RecordStore
import Results
import Settings

/// The result of `check` for one file.
struct CheckFinding: Encodable {
    /// A broken rule, or a note.
    struct Rule: Encodable {
        /// The file's own name for what the field is filled from; nil if that is the field's.
        let column: String?
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
    /// Records that would be sent with an id or account that looks like a payment card number.
    let cardLikeIDs: Int
    let billableCalls: Int
    let callsThisMonth: Int
    let seconds: Double
    let cost: Cost
    /// Calls of a run with `--again`, where one without is refused.
    let againCalls: Int?
    let rules: [Rule]
    /// What is noted of records that would be sent all the same.
    let notes: [Rule]
    /// Lines that hold no record and are skipped.
    let blankLines: Int
    /// Why its batch would wait for confirmation; empty if it would run.
    let waits: [String]
    /// The batch into which the same file was taken in before.
    let knownAs: String?
    let isKnownFinished: Bool
    /// The preceding file with the same content.
    let sameAs: String?
    /// Whether a database was available to look up earlier answers and this month's calls so far.
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
        cardLikeIDs = survey.cardLikeIDs
        estimate = prospect.now
        again = prospect.again
        (reused, held, billableCalls) = (estimate.reused, estimate.held, estimate.calls)
        callsThisMonth = prospect.callsThisMonth
        seconds = estimate.seconds
        cost = estimate.cost
        againCalls = again?.calls
        rules = survey.rules.map(Rule.init)
        notes = survey.notes.map(Rule.init)
        blankLines = survey.blankLines
        waits =
            prospect.isAsked
            ? AdmissionPolicy(
                records: survey.records, invalid: survey.invalid, cardLikeIDs: survey.cardLikeIDs, estimate,
                under: job, after: prospect.hold
            ).reasons : []
        knownAs = prospect.known?.name
        sameAs = prospect.sameAs
        isKnownFinished = prospect.known?.state.isFinished ?? false
        self.hasLooked = hasLooked
    }

    /// What a run would take; with `again`, one that takes in once more what was taken in before.
    func estimate(again: Bool) -> Estimate { again ? self.again ?? estimate : estimate }

    var text: String {
        var lines = ["\(file): \(NumberFormat.count(records, "record")), \(NumberFormat.count(invalid)) invalid"]
        lines += rules.map(\.text)
        lines += notes.map { "\($0.text): noted, sent all the same" }
        if blankLines > 0 { lines.append("  \(NumberFormat.count(blankLines, "blank line")) passed over") }
        if duplicateRequests > 0 {
            lines.append(
                "  \(NumberFormat.count(duplicateRequests)) the same as an earlier line: its call answers "
                    + Counted.verb(duplicateRequests, "it", "them"))
        }
        if duplicateIDs > 0 {
            lines.append("  \(NumberFormat.count(duplicateIDs)) with an id that an earlier line has; that is allowed")
        }
        if reused > 0 { lines.append("  \(NumberFormat.count(reused)) answered within reuse_within: no call") }
        if held > 0 { lines.append("  \(NumberFormat.count(held)) the same as a record in doubt: held, no call") }
        if cardLikeIDs > 0 {
            lines.append(
                "  \(NumberFormat.count(cardLikeIDs)) with an id or account that looks like a payment card number")
        }
        lines.append("  \(estimate.text)")
        if let again { lines.append("  with --again: \(again.text)") }
        if estimate.cost != .unknown {
            lines.append("  priced after \(NumberFormat.count(callsThisMonth, "billed call")) of this month so far")
        }
        lines.append("  not known beforehand: \(notKnown)")
        if let sameAs {
            lines.append("  holds exactly the bytes of \(sameAs): it is taken in once, and passed over without --again")
        }
        if let knownAs {
            lines.append(
                isKnownFinished
                    ? "  taken in before as \(knownAs): a run passes it over without --again"
                    : "  taken in before as \(knownAs), which is not finished: a run continues with what is left of it")
        }
        if !waits.isEmpty { lines.append("  would wait for confirmation: \(waits.joined(separator: "; "))") }
        return lines.joined(separator: "\n")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case file, records, invalid, reused, held, seconds, cost, rules, notes, waits
        case blankLines = "blank_lines"
        case duplicateRequests = "duplicate_requests"
        case duplicateIDs = "duplicate_ids"
        case cardLikeIDs = "card_like_ids"
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

extension CheckFinding.Rule {
    init(_ rule: FileSurvey.BrokenRule) {
        column = rule.refusal.column
        field = rule.refusal.field
        self.rule = rule.refusal.rule
        records = rule.count
        lines = rule.lines
    }

    /// The column or field, and the rule.
    var subjectAndRule: String {
        let subject = Refusal(column: column, field: field, rule: rule).subject.map { "\($0) " } ?? ""
        return subject + rule
    }

    var text: String {
        let places = lines.map(String.init).joined(separator: ", ") + (records > lines.count ? ", …" : "")
        return "  \(NumberFormat.count(records)) × \(subjectAndRule) (\(lines.count == 1 ? "line" : "lines") \(places))"
    }
}
