import Basics
import Foundation
import RecordStore
import Results
import Settings

/// What `status` shows of a batch besides its counters: whether a process sends its records, where its results are,
/// what it has cost, and how long the rest takes.
struct BatchOutlook: Equatable {
    /// What is left to be sent.
    struct Rest: Equatable {
        let calls: Int
        /// Calls per second that the settings, the job and a runner allow.
        let rate: Double

        /// The least time it takes, in seconds.
        var seconds: Double { Double(calls) / rate }
    }

    /// Whether it may run, and no process runs it: it was interrupted, or its turn has not come.
    var isStopped = false
    /// Whether the process that runs it makes no calls just now, and publishes why.
    var isWaiting = false
    /// The folder that holds its results as they are now; nil if there is none.
    var results: String?
    var cost = Cost.unknown
    /// Nil if nothing is left, or if it is not known yet how much.
    var rest: Rest?
    /// Records finished per second, as its runner has measured; nil: nothing moves, or that was not measured yet.
    var rate: Double?
    /// That it is older than its retention allows and still needed; nil where it is not.
    var overdue: RetentionPlan.Kept?
    /// Which of several nodes has taken it up, where its files and results are; nil where there is one runner.
    var home: BatchHome?
}

extension Batch {
    /// The batch's state as it is displayed: what the database has as running is `stopped` where no process runs it.
    func stateText(isStopped: Bool) -> String { isStopped ? StatusSelection.stopped : state.rawValue }
}

extension Installation.Runner {
    /// What the process that runs the database has published of itself; nil where an earlier one published last.
    func own(_ published: RunnerStatus?) -> RunnerStatus? {
        switch self {
        case .nobody: nil
        case .run(let process), .daemon(let process): published?.process == process ? published : nil
        }
    }

    /// Whether it sends a batch's records.
    ///
    /// - Parameters:
    ///   - batch: The batch, in state running.
    ///   - status: The status that the last runner published, which may be another one.
    /// - Returns: Whether it does.
    func sends(_ batch: Batch, _ status: RunnerStatus?) -> Bool {
        switch self {
        case .nobody: false
        case .daemon: true
        case .run(let process): status?.process == process && status?.batch == batch.id
        }
    }
}

/// Looks up the outlook of batches.
struct BatchOutlooks {
    let place: Installation
    let store: RecordStore
    let runner: Installation.Runner
    let status: RunnerStatus?
    /// Batches that are older than their retention allows and still needed.
    let overdue: [BatchID: RetentionPlan.Kept]
    /// Which of several nodes has taken each batch up.
    let homes: [BatchID: BatchHome]
    private let isWaiting: Bool
    /// Records finished per second, as the runners have measured.
    private let measured: [BatchID: Double]
    /// What was measured longer ago says nothing of now: a runner reports every five seconds.
    private static let lastReports = Duration.seconds(15)
    private let jobs = KnownJobs()
    /// What each batch has cost, where that was read of all at once.
    private var costs: [BatchID: Cost]?

    /// The jobs that were read already: many batches have one and the same.
    private final class KnownJobs: Sendable {
        private let jobs = Lock<[String: JobDefinition]>([:])

        func job(of batch: Batch, in place: Installation) -> JobDefinition {
            if let known = jobs.withLock({ $0[batch.job] }) { return known }
            let job = place.jobOrSettings(of: batch)
            jobs.withLock { $0[batch.job] = job }
            return job
        }
    }

    /// Looks at which process runs the database.
    ///
    /// - Parameters:
    ///   - place: The installation.
    ///   - store: Its database.
    ///   - now: By which batches' ages are judged.
    /// - Throws: `StoreError` when it cannot be read.
    init(_ place: Installation, _ store: RecordStore, at now: WallTime = WallTime.now()) async throws {
        self.place = place
        self.store = store
        runner = try await place.runner()
        status = try await store.runnerStatus()
        homes = try await store.homes()
        measured = try await store.measuredRates(since: now - Self.lastReports)
        isWaiting = runner.own(status)?.waiting(at: now.date) != nil
        let kept = try await place.retentionRules.plan(of: store, at: now).kept
        overdue = Dictionary(kept.map { ($0.batch.id, $0) }, uniquingKeysWith: { $1 })
    }

    /// The same, with the cost of all batches read at once: of many that is far less work than one by one.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func knowingCosts() async throws -> BatchOutlooks {
        guard let pricing = place.pricing else { return self }
        let always = CallDay(rawValue: 0)...CallDay(rawValue: 99_991_231)
        var outlooks = self
        outlooks.costs = Cost.shares(of: try await store.ledgerDays(always), pricing: pricing)
        return outlooks
    }

    /// The outlook of a batch.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func outlook(of batch: Batch) async throws -> BatchOutlook {
        let job = jobs.job(of: batch, in: place)
        let results = BatchResults(
            store: store, pricing: place.pricing, place: ResultsLocation(job, settings: place.settings))
        return BatchOutlook(
            isStopped: isStopped(batch), isWaiting: isWaiting(batch),
            results: batch.state.isFinished ? try await results.wholeFolder(of: batch) : nil,
            cost: try await cost(of: batch), rest: rest(of: batch, under: job), rate: rate(of: batch),
            overdue: overdue[batch.id], home: homes[batch.id])
    }

    /// Whether a batch may run, and no process runs it.
    func isStopped(_ batch: Batch) -> Bool {
        guard batch.state == .running else { return false }
        if let home = homes[batch.id], home.isElsewhere { return !home.isRunning }
        return !runner.sends(batch, status)
    }

    /// Whether another of several nodes runs a batch now.
    func isRunElsewhere(_ batch: Batch) -> Bool { homes[batch.id].map { $0.isElsewhere && $0.isRunning } ?? false }

    /// Whether a batch runs, and the process that runs it makes no calls just now.
    func isWaiting(_ batch: Batch) -> Bool {
        isWaiting && batch.state == .running && runner.sends(batch, status)
    }

    /// How fast a batch goes, in records finished per second; nil: nothing moves, or that was not measured yet.
    func rate(of batch: Batch) -> Double? {
        batch.state == .running && !isStopped(batch) && !isWaiting(batch) ? measured[batch.id] : nil
    }

    /// What a batch has cost; unknown without a price list.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func cost(of batch: Batch) async throws -> Cost {
        guard let pricing = place.pricing else { return .unknown }
        if let costs { return costs[batch.id] ?? .known(currency: pricing.currency, certain: 0, atMost: 0) }
        return Cost.share(of: try await store.ledgerDays(inMonthsOf: batch.id), pricing: pricing) {
            $0.batch == batch.id
        }
    }

    /// What is left of a batch; nil if nothing is, or its file has not been read.
    func rest(of batch: Batch) -> BatchOutlook.Rest? { rest(of: batch, under: jobs.job(of: batch, in: place)) }

    private func rest(of batch: Batch, under job: JobDefinition) -> BatchOutlook.Rest? {
        guard batch.isIngested, batch.counts.toCall > 0 else { return nil }
        var rate = min(job.limits.rate, place.settings.limits.rate)
        // A rate that a daemon has cut is its batches' rate; a run has its own.
        if let status, runner.sends(batch, status), status.allowedRate > 0 {
            rate = status.isDaemon ? min(rate, status.allowedRate) : status.allowedRate
        }
        return BatchOutlook.Rest(calls: batch.counts.toCall, rate: rate)
    }
}
