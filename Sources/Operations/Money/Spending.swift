import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// What batches of a job would cost, looked up in the database.
struct Spending {
    let store: RecordStore
    let job: JobDefinition
    let pricing: Pricing?
    /// By which the month's calls are counted and answers grow old.
    var clock: any RunnerClock = SystemClock()

    /// What a batch's queued records would take, after a look at the answers of all earlier batches.
    ///
    /// - Parameters:
    ///   - batch: Its file has been read.
    ///   - others: Calls that are made before, and are not in the database yet.
    /// - Returns: Calls, time and cost.
    /// - Throws: `StoreError` when the database cannot be read or written.
    func estimate(of batch: Batch, after others: Int = 0) async throws -> Estimate {
        let now = clock.now
        if job.reuseWithin != nil { try await store.learnAnswers() }
        let forecast = try await store.forecast(batch.id, answeredSince: Self.answeredSince(job, at: now))
        return try await estimate(forecast, at: now, after: others)
    }

    private func estimate(_ forecast: Forecast, at now: WallTime, after others: Int = 0) async throws -> Estimate {
        Estimate(
            calls: forecast.calls, repeats: forecast.repeats, reused: forecast.reused, held: forecast.held,
            billedBefore: forecast.billedBefore,
            rate: job.limits.rate, pricing: pricing, callsThisMonth: try await callsThisMonth(at: now) + others)
    }

    /// Whether a batch may run when its file has been read.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: Where it goes, and why.
    /// - Throws: `StoreError` when the database cannot be read or written.
    func confirmation(of batch: Batch) async throws -> ConfirmationPolicy {
        let hold = try await store.restoreHold().flatMap { $0.covers(batch.id) ? $0 : nil }
        return ConfirmationPolicy(
            batch.counts, try await estimate(of: batch), under: job, after: hold, cardLikeIDs: batch.cardLikeIDs)
    }

    /// Whether records of a batch may be queued again without confirmation. What is wrong with its lines was settled
    /// when it was taken in.
    ///
    /// - Parameters:
    ///   - selection: Which records.
    ///   - batch: Their batch.
    /// - Returns: Why not, and what they would cost.
    /// - Throws: `StoreError` when the database cannot be read or written.
    func confirmation(ofRequeueing selection: RequeueSelection, in batch: Batch) async throws -> ConfirmationPolicy {
        let now = clock.now
        if job.reuseWithin != nil { try await store.learnAnswers() }
        let forecast = try await store.forecast(
            batch.id, requeueing: selection, answeredSince: Self.answeredSince(job, at: now))
        return ConfirmationPolicy(
            records: 0, invalid: 0, try await estimate(forecast, at: now), under: job,
            after: try await store.restoreHold(),
            restoredSince: try await isRestored(since: batch))
    }

    /// Whether calls were lost by a restore that came after a batch's end: among them may be its records, sent again.
    private func isRestored(since batch: Batch) async throws -> Bool {
        guard let end = batch.finishedAt, let restore = try await store.lastRestore() else { return false }
        return restore >= end
    }

    /// How many calls of a batch the caps leave just now.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - settings: By which the job's caps are lowered.
    /// - Returns: How many, and by which cap; without one there is no most.
    /// - Throws: `StoreError` when the database cannot be read.
    func callsLeft(of batch: Batch, under settings: Settings) async throws -> CallAllowance {
        let configuration = RunnerConfiguration(job, besideOthersOf: settings)
        let caps = CallCaps(
            daily: configuration.dailyCalls, batch: configuration.batchCalls, monthly: configuration.monthlyCalls,
            day: CallDay(at: clock.now, in: configuration.timeZone))
        return try await store.callsLeft(of: batch, under: caps)
    }

    /// Billed calls of the calendar month of a time so far, which determine the price list's tier.
    func callsThisMonth(at now: WallTime) async throws -> Int {
        try await store.calls(inMonthOf: CallDay(at: now, in: job.limits.timeZone)).billable
    }

    /// From when on an answer may serve under a job at a time; nil: none may.
    static func answeredSince(_ job: JobDefinition, at now: WallTime) -> WallTime? {
        job.reuseWithin.map { now - $0 }
    }
}

/// What sending records would take. Retries are extra; their number is not known beforehand.
struct Estimate: Equatable {
    /// Billable calls, one for each record that needs its own.
    let calls: Int
    /// Records that get the answer of an earlier line.
    let repeats: Int
    /// Records that get an answer of an earlier batch.
    let reused: Int
    /// Records that are held because an identical one is in doubt.
    let held: Int
    /// Of the calls, those for records with an earlier call that was or may have been billed.
    let billedBefore: Int
    /// At the configured rate, in seconds.
    let seconds: Double
    /// What the calls cost after those of the month so far.
    let cost: Cost
    private let rate: Double
    private let pricing: Pricing?
    private let callsThisMonth: Int

    init(
        calls: Int, repeats: Int = 0, reused: Int = 0, held: Int = 0, billedBefore: Int = 0, rate: Double,
        pricing: Pricing?, callsThisMonth: Int = 0
    ) {
        self.billedBefore = billedBefore
        self.calls = calls
        self.repeats = repeats
        self.reused = reused
        self.held = held
        (self.rate, self.pricing, self.callsThisMonth) = (rate, pricing, callsThisMonth)
        seconds = Double(calls) / rate
        cost =
            pricing.map { pricing in
                let amount = pricing.cost(ofCalls: calls, already: callsThisMonth)
                return .known(currency: pricing.currency, certain: amount, atMost: amount)
            } ?? .unknown
    }

    /// The same with fewer calls: no more than so many.
    func limited(to most: Int) -> Estimate {
        Estimate(
            calls: min(calls, most), repeats: repeats, reused: reused, held: held,
            billedBefore: min(billedBefore, most),
            rate: rate, pricing: pricing, callsThisMonth: callsThisMonth)
    }

    var text: String {
        "\(NumberFormat.count(calls, "billable call")), at least \(NumberFormat.duration(seconds: seconds)), "
            + (cost == .unknown ? "cost unknown (no pricing in the settings)" : "about \(cost)") + spared
    }

    /// The records that need no call, if there are any.
    private var spared: String {
        let parts = [(repeats, "the same as an earlier line"), (reused, "answered before"), (held, "held in doubt")]
        let told = parts.filter { $0.0 > 0 }.map { "\(NumberFormat.count($0.0)) \($0.1)" }
        return told.isEmpty ? "" : "; no call for " + told.joined(separator: ", ")
    }
}

/// What a batch has cost so far, while its calls are being answered: what was sure when it was begun to be watched, and
/// every call that was surely billed since, at its place among the month's calls.
///
/// Calls of other batches in the meantime are not counted, so where prices have tiers the summary may differ in the end.
struct RunningCost: Equatable {
    private let pricing: Pricing
    private let before: Decimal
    private let callsThisMonth: Int

    /// States what is known to begin with.
    ///
    /// - Parameters:
    ///   - pricing: The price list.
    ///   - before: What the batch's calls have surely cost already.
    ///   - callsThisMonth: Calls of the calendar month that were billed already, those of all batches.
    init(_ pricing: Pricing, before: Decimal, callsThisMonth: Int) {
        (self.pricing, self.before, self.callsThisMonth) = (pricing, before, callsThisMonth)
    }

    /// Looks up what is known of a batch now; nil without a price list.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    init?(
        of batch: Batch, under job: JobDefinition, in store: RecordStore, pricing: Pricing?, at now: WallTime
    ) async throws {
        guard let pricing else { return nil }
        let days = try await store.ledgerDays(inMonthsOf: batch.id)
        guard case .known(_, let certain, _) = Cost.share(of: days, pricing: pricing, where: { $0.batch == batch.id })
        else { return nil }
        let spending = Spending(store: store, job: job, pricing: pricing)
        self.init(pricing, before: certain, callsThisMonth: try await spending.callsThisMonth(at: now))
    }

    /// `USD 12.30`.
    ///
    /// - Parameter billed: Calls of the batch that were surely billed since.
    /// - Returns: The amount with its currency.
    func text(billed: Int) -> String {
        let sum = before + pricing.cost(ofCalls: max(0, billed), already: callsThisMonth)
        return Cost.known(currency: pricing.currency, certain: sum, atMost: sum).description
    }
}
