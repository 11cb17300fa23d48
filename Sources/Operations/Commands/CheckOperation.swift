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
        let store = try await past(of: place, looksForAnswers: job.reuseWithin != nil)
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
        try await store?.close()
        return invalid > 0 ? .finishedWithFailures : .succeeded
    }

    /// The database, if there is one that can be read; a check works without.
    private func past(of place: Installation, looksForAnswers: Bool) async throws -> RecordStore? {
        guard try await place.database.exists() else { return nil }
        do {
            guard looksForAnswers else { return try await place.storeForReading() }
            let store = try await place.storeForOperating()
            try await store.learnAnswers()
            return store
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
