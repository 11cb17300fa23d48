import Foundation
import Ingest
import RecordStore
import Results
import Settings

/// What a run would make of a file that was looked through: take it in, go on with its batch, or refuse it.
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
    /// What it would wait for since a restore; nil: nothing.
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
        spending: Spending?, at now: Date, after others: Int
    ) async throws {
        let month = (try spending?.callsThisMonth(at: now) ?? 0) + others
        let whole = Estimate(
            calls: survey.billableCalls, repeats: survey.duplicateRequests, reused: survey.reused, held: survey.held,
            rate: job.limits.rate, pricing: pricing, callsThisMonth: month)
        (self.known, self.sameAs) = (known, sameAs)
        callsThisMonth = month
        hold = try spending?.store.restoreHold().flatMap { hold in
            known.map { $0.state.isFinished || hold.covers($0.id) } ?? true ? hold : nil
        }
        if sameAs != nil || known?.state.isFinished == true {
            self.now = Estimate(calls: 0, rate: job.limits.rate, pricing: pricing)
            again = whole
        } else if let known, known.isIngested,
            let left = try await spending?.estimate(of: known, at: now, after: others)
        {
            (self.now, again) = (left, nil)
        } else {
            (self.now, again) = (whole, nil)
        }
    }

    /// Whether a person is asked where the job's words on lines, calls and money say so.
    var isAsked: Bool {
        guard sameAs == nil else { return false }
        guard let known else { return true }
        return !known.state.isFinished && (!known.isIngested || known.state == .awaitingConfirmation)
    }
}
