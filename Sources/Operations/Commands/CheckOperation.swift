import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import Results
import Settings

/// `rollcall check`: what a run of these files would do; makes no call and queues nothing.
package struct CheckOperation: Sendable {
    private let files: [String]
    private let config: String
    private let job: String?
    private let reuses: Bool
    private let json: Bool
    private let console: Console

    /// Describes what to check; `reuses` is false if the run would have `--no-reuse`.
    package init(
        files: [String], config: String, job: String?, reuses: Bool = true, json: Bool, console: Console = .standard
    ) {
        self.files = files
        self.config = config
        self.job = job
        self.reuses = reuses
        self.json = json
        self.console = console
    }

    /// Reads every file to its end and prints what it found; 2 where some records would be invalid.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        var job = try place.job(job)
        if !reuses { job.reuseWithin = nil }
        guard let store = try await past(of: place, looksForAnswers: job.reuseWithin != nil) else {
            return try await check(place, under: job, past: nil)
        }
        return try await store.closing { try await check(place, under: job, past: store) }
    }

    private func check(
        _ place: Installation, under job: JobDefinition, past store: RecordStore?
    ) async throws -> ExitStatus {
        let now = WallTime.now()
        let spending = store.map { Spending(store: $0, job: job, pricing: place.pricing) }
        var (calls, invalid) = (0, 0)
        var answered = AnsweredRequests()
        var firstOfContent = [[UInt8]: String]()
        // If one file's answers can serve the next, its calls are remembered; for the last file that is not needed.
        let servesOthers = job.reuseWithin != nil && files.count > 1
        for path in files {
            let file = try await BlockingWork.run {
                try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
            }
            let past = store.map { FileSurvey.Past(store: $0, answeredSince: Spending.answeredSince(job, at: now)) }
            let known = try await store?.findBatch(job: job.name, contentDigest: file.contentDigest).first
            let sameAs = firstOfContent[file.contentDigest]
            let isRemembered = servesOthers && sameAs == nil && known?.state.isFinished != true
            let survey = try await BlockingWork.run {
                isRemembered
                    ? try FileSurvey.survey(file, after: past, adding: &answered)
                    : try FileSurvey.survey(file, after: past)
            }
            if survey.records > 0, sameAs == nil { firstOfContent[file.contentDigest] = path }
            let prospect = try await CheckProspect(
                survey, known: known, sameAs: sameAs, job: job, pricing: place.pricing, spending: spending, at: now,
                after: calls)
            let finding = CheckFinding(survey, prospect, job: job, hasLooked: store != nil)
            console.output(json ? JSONText.text(of: finding) : finding.text)
            calls += finding.billableCalls
            invalid += survey.invalid
        }
        return invalid > 0 ? .finishedWithFailures : .succeeded
    }

    /// The database, if there is one that can be read; a check works without.
    private func past(of place: Installation, looksForAnswers: Bool) async throws -> RecordStore? {
        guard try await place.database.exists() else { return nil }
        do {
            guard looksForAnswers else { return try await place.storeForReading() }
            let store = try await place.storeForOperating()
            do {
                try await store.learnAnswers()
                return store
            } catch {
                // What kept it from learning is told.
                try? await store.close()
                throw error
            }
        } catch let error as StoreError {
            console.note("warning: the database was not looked into: \(error.message)")
            return nil
        }
    }
}

/// What a run would make of a file that was looked through: take it in, continue its batch, or refuse it.
struct CheckProspect {
    /// The newest batch that took the very file in before.
    let known: Batch?
    /// The file before it in the same command that holds the same bytes.
    let sameAs: String?
    /// What a run would take now.
    let now: Estimate
    /// What a run with `--again` would take, where one without is refused.
    let again: Estimate?
    /// Billed calls of the month before these, by which they are priced.
    let callsThisMonth: Int
    /// What it would wait for after a restore; nil: nothing.
    let hold: RestoreHold?

    /// Judges a file.
    ///
    /// - Parameters:
    ///   - survey: What the file holds.
    ///   - known: Its newest batch.
    ///   - sameAs: The file before it that holds the same bytes.
    ///   - job: The job.
    ///   - pricing: The price list.
    ///   - spending: The database, where there is one.
    ///   - now: The time.
    ///   - others: Calls of the files before it.
    /// - Throws: `StoreError` when the database cannot be read.
    init(
        _ survey: FileSurvey, known: Batch?, sameAs: String? = nil, job: JobDefinition, pricing: Pricing?,
        spending: Spending?, at now: WallTime, after others: Int
    ) async throws {
        let month = (try await spending?.callsThisMonth(at: now) ?? 0) + others
        let whole = Estimate(
            calls: survey.billableCalls, repeats: survey.duplicateRequests, reused: survey.reused, held: survey.held,
            rate: job.limits.rate, pricing: pricing, callsThisMonth: month)
        (self.known, self.sameAs) = (known, sameAs)
        callsThisMonth = month
        hold = try await spending?.store.restoreHold().flatMap { hold in
            known.map { $0.state.isFinished || hold.covers($0.id) } ?? true ? hold : nil
        }
        if sameAs != nil || known?.state.isFinished == true {
            self.now = Estimate(calls: 0, rate: job.limits.rate, pricing: pricing)
            again = whole
        } else if let known, known.isIngested,
            let left = try await spending?.estimate(of: known, after: others)
        {
            (self.now, again) = (left, nil)
        } else {
            (self.now, again) = (whole, nil)
        }
    }

    /// Whether a run would ask for confirmation, by the job's settings for lines, calls and money.
    var isAsked: Bool {
        guard sameAs == nil else { return false }
        guard let known else { return true }
        return !known.state.isFinished && (!known.isIngested || known.state == .awaitingConfirmation)
    }
}

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
            ? ConfirmationPolicy(
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
