package import Basics
package import RecordStore

/// Runs a batch: permit, claim, call, and whatever the answer means, until every record has a final status, something
/// systemic is wrong, a cap is reached or the run is stopped.
///
/// The ledger's row of a call is committed before `RecordSubmitter.submit` is called. Each call is a child task of the
/// run; none outlives it.
package struct BatchRunner: Sendable {
    let store: any RecordKeeping
    let submitter: any RecordSubmitter
    let requests: any RequestBuilding
    let configuration: RunnerConfiguration
    let traffic: EndpointTraffic
    let random: @Sendable () -> Double
    let events: @Sendable (RunnerEvent) -> Void
    /// Retries answers that could not be read when they came; nil: none are retried.
    var keptAnswers: (any KeptAnswerReading)?

    /// Prepares runs that have the endpoint to themselves.
    ///
    /// - Parameters:
    ///   - store: The database, open for running.
    ///   - submitter: Makes the calls.
    ///   - requests: Rebuilds requests from stored rows.
    ///   - configuration: Limits, retries and halts.
    ///   - keptAnswers: Reads answers again that could not be read when they came.
    ///   - clock: The system's clock, or one that a test holds.
    ///   - events: Called with each event, from the run's task; must return at once.
    package init(
        store: RecordStore, submitter: any RecordSubmitter, requests: any RequestBuilding,
        configuration: RunnerConfiguration, keptAnswers: (any KeptAnswerReading)? = nil,
        clock: any RunnerClock = SystemClock(), events: @escaping @Sendable (RunnerEvent) -> Void = { _ in }
    ) {
        self.init(
            store: store, submitter: submitter, requests: requests, configuration: configuration,
            keptAnswers: keptAnswers, traffic: EndpointTraffic(configuration: configuration, clock: clock),
            events: events)
    }

    /// Prepares runs that share limiter and gate with others.
    ///
    /// - Parameters:
    ///   - store: The database, open for running.
    ///   - submitter: Makes the calls.
    ///   - requests: Rebuilds requests from stored rows.
    ///   - configuration: Concurrency, priority, own rate, call window, caps, retries, the in-doubt policy and the share
    ///     of failures that halts; the contract's rate, the concurrency of all and the gate are those of `traffic`.
    ///   - keptAnswers: Reads answers again that could not be read when they came.
    ///   - traffic: Shared by all runners that call the endpoint; its clock is used.
    ///   - events: Called with each event, from the run's task; must return at once.
    package init(
        store: RecordStore, submitter: any RecordSubmitter, requests: any RequestBuilding,
        configuration: RunnerConfiguration, keptAnswers: (any KeptAnswerReading)? = nil, traffic: EndpointTraffic,
        events: @escaping @Sendable (RunnerEvent) -> Void = { _ in }
    ) {
        self.init(
            keeping: store, submitter: submitter, requests: requests, configuration: configuration, traffic: traffic,
            random: { Double.random(in: 0..<1) }, events: events)
        self.keptAnswers = keptAnswers
    }

    init(
        keeping store: any RecordKeeping, submitter: any RecordSubmitter, requests: any RequestBuilding,
        configuration: RunnerConfiguration, traffic: EndpointTraffic, random: @escaping @Sendable () -> Double,
        events: @escaping @Sendable (RunnerEvent) -> Void
    ) {
        self.store = store
        self.submitter = submitter
        self.requests = requests
        self.configuration = configuration
        self.traffic = traffic
        self.random = random
        self.events = events
    }

    /// Runs a batch until it ends one way or another; a paused or halted batch is resumed.
    ///
    /// Cancelling the task is as good as `StopSignal.abandon()`.
    ///
    /// - Parameters:
    ///   - batch: The batch, wholly taken in.
    ///   - stop: The signal to stop early.
    ///   - resuming: Whether a paused or halted batch is resumed; where it may just have been paused by someone else,
    ///     it must not.
    ///   - rerun: The re-run whose records alone are sent; nil: all waiting records are.
    /// - Returns: How the run ended; no call is under way then, and the state of all is written.
    /// - Throws: The store's error when state could not be read or written; calls whose end could not be written are
    ///   open in the ledger and become in doubt at the next start.
    package func run(
        _ batch: BatchID, stop: StopSignal, resuming: Bool = true, only rerun: RerunNumber? = nil
    ) async throws -> RunEnd {
        if resuming { _ = try await store.moveBatch(batch, from: [.paused, .halted], to: .running, reason: nil) }
        let row = try await store.batch(batch)
        switch row.state {
        case .running: break
        case .completed: return .completed
        case .ingesting, .awaitingConfirmation, .paused, .halted, .cancelled, .rejected:
            return .stateChanged(to: row.state)
        }
        // Other batches may have been answered since this one was taken in, or stood still.
        if configuration.reuseWithin != nil, row.reuses { try await store.learnAnswers() }
        if let remembered = try await store.limiterState() { traffic.resume(remembered) }
        let now = traffic.retryClock.time(at: traffic.clock.monotonic)
        try await store.hastenRetries(of: batch, to: now + RetryPolicy(configuration).longestDelay)
        if !traffic.knowsEarlierAnswers { traffic.learn(try await store.recentAnswers()) }
        if let end = try await readKeptAnswers(of: row) { return end }
        return try await follow(row, stop, rerun)
    }

    /// What was paid for and could not be read is tried with today's keys before another call is made. Where the key has
    /// shown to be wrong and still opens nothing, none is made at all.
    ///
    /// - Returns: How the run ends, if the batch halted or was moved by someone else first; nil: it continues.
    private func readKeptAnswers(of row: Batch) async throws -> RunEnd? {
        guard row.counts.inDoubt > 0, let keptAnswers else { return nil }
        let found = try await keptAnswers.readKeptAnswers(of: row.id)
        if found.read > 0 {
            traffic.proveKey()
            traffic.learn(try await store.recentAnswers())
            events(.keptAnswersRead(count: found.read))
        }
        guard found.unread > 0, traffic.isKeyDoubted else { return nil }
        let halt = Halt.stillUndecipherable(found.unread, batch: row.name).named(for: row.name)
        guard try await store.moveBatch(row.id, from: [.running], to: .halted, reason: halt.description) else {
            return .stateChanged(to: try await store.batch(row.id).state)
        }
        events(.halted(halt))
        return .halted(halt)
    }

    private func follow(_ batch: Batch, _ stop: StopSignal, _ rerun: RerunNumber?) async throws -> RunEnd {
        let mailbox = Mailbox<RunMessage>()
        let stopObserver = stop.addObserver { mailbox.post(.changed) }
        let member = traffic.join(weight: configuration.priority) { mailbox.post(.changed) }
        defer {
            stop.removeObserver(stopObserver)
            traffic.leave(member)
        }
        return try await withTaskCancellationHandler {
            try await withThrowingDiscardingTaskGroup { group in
                var run = BatchRun(self, batch, stop, mailbox, member: member, rerun: rerun)
                let end = try await run.untilEnd(&group)
                // Timers may still be set.
                group.cancelAll()
                return end
            }
        } onCancel: {
            mailbox.post(.cancelled)
        }
    }
}

/// What the runner needs of the store, so that tests can let it fail at a chosen point.
protocol RecordKeeping: Sendable {
    /// Whether a server keeps the records, which may be away for minutes.
    var isAtServer: Bool { get }
    /// Why that server is waited for now, for the operator; nil: it is not.
    var serverTrouble: String? { get }
    func batch(_ id: BatchID) async throws -> Batch
    func claim(
        _ batch: BatchID, upTo count: Int, now: WallTime, dueBy: WallTime?, caps: CallCaps, of rerun: RerunNumber?,
        awaitingProof awaitsProof: Bool, finishing completions: [Completion]
    ) async throws -> Claim
    func hastenRetries(of batch: BatchID, to latest: WallTime) async throws
    func finish(_ completions: [Completion]) async throws -> Int
    func takeFailuresInARow() -> FailuresInARow?
    func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int
    func timeUntilCallsEnded(of batch: BatchID) async throws -> Duration?
    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?, noting action: Action?
    ) async throws -> Bool
    func progress(_ batch: BatchID) async throws -> BatchCounts
    func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) async throws -> Bool
    func learnAnswers() async throws
    func bringForward(_ batch: BatchID, of rerun: RerunNumber?) async throws -> [RecordID]
    func recentAnswers() async throws -> [AnswerReference]
    func waitForRoom() async throws
    func limiterState() async throws -> LimiterState?
    func saveLimiterState(_ state: LimiterState) async throws
}

extension RecordKeeping {
    /// The same without an operator's action.
    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?
    ) async throws -> Bool {
        try await moveBatch(batch, from: states, to: state, reason: reason, noting: nil)
    }
}

extension RecordStore: RecordKeeping {}

/// Rebuilds a record's request from the row sealed at ingest.
package protocol RequestBuilding: Sendable {
    /// The clear request body for a claimed record. Called from many tasks at once.
    ///
    /// - Parameter record: The record as claimed, with its raw row opened.
    /// - Returns: JSON in UTF-8.
    /// - Throws: Any error; the record then fails without a call, with the error's description, which must therefore
    ///   hold no value of the record.
    func request(for record: ClaimedRecord) throws -> [UInt8]
}

/// Sends one request and reports the outcome. Implemented by the client of the API, so that the runner needs no
/// network.
package protocol RecordSubmitter: Sendable {
    /// Sends the request once, never twice, and returns when the call has ended.
    ///
    /// Cancelling the task gives the call up; the reply then says whether any byte of the request may have left.
    ///
    /// - Parameters:
    ///   - request: The clear request body, JSON in UTF-8.
    ///   - latest: After this time no byte of the request leaves, and the reply says so; nil: whenever it is ready.
    /// - Returns: The facts of the call.
    func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant?) async -> Reply
}

/// Retries answers that came and could not be read: they were billed, and the keys may have changed. Implemented by a
/// type with access to keys and store.
package protocol KeptAnswerReading: Sendable {
    /// Tries the current keys on the stored answers of a batch's records in doubt; makes no call.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: How many could be read, their records having succeeded by it, and how many could not.
    /// - Throws: The store's error when state could not be read or written.
    func readKeptAnswers(of batch: BatchID) async throws -> (read: Int, unread: Int)
}

/// One call, from its start.
struct Call: Sendable {
    let record: ClaimedRecord
    let grant: Grant
    let startedAt: Instant

    /// When it ended: its start plus the time on the monotonic clock, so that its
    /// duration in the ledger is right even if the wall clock is set meanwhile.
    func end(at instant: Instant) -> WallTime { startedAt.wall(passed: instant.monotonic) }
}

/// Counts a run's calls and says when progress is due to be reported.
struct ProgressReporter: Sendable {
    /// Between two reports: five a second look like motion.
    private static let interval = Duration.milliseconds(200)

    var progress = RunnerProgress()
    private let startedAt: MonotonicTime
    private var reportedAt: MonotonicTime
    /// What was reported last.
    private var reported = RunnerProgress()

    /// Starts at a time.
    init(startedAt: MonotonicTime) {
        self.startedAt = startedAt
        reportedAt = startedAt
    }

    /// Counts one ended call.
    mutating func count(_ next: NextStep) {
        progress.calls += 1
        switch next {
        case .succeeded: progress.succeeded += 1
        case .failed: progress.failed += 1
        case .inDoubt: progress.inDoubt += 1
        case .retry, .last, .release: progress.retries += 1
        }
    }

    /// Whether a report is due again, at a monotonic time.
    mutating func isDue(at now: MonotonicTime) -> Bool {
        guard now - reportedAt >= Self.interval else { return false }
        (reportedAt, reported) = (now, progress)
        return true
    }

    /// Whether something has not been reported and would stay so for an interval or more, because nothing happens until a
    /// time; nil: nobody knows until when.
    mutating func isDue(beforeWaitUntil deadline: MonotonicTime?, at now: MonotonicTime) -> Bool {
        guard progress != reported, deadline.map({ $0 - now >= Self.interval }) ?? true else { return false }
        (reportedAt, reported) = (now, progress)
        return true
    }

    /// The progress at a monotonic time.
    func progress(at now: MonotonicTime, underWay: Int, allowedRate: Double) -> RunnerProgress {
        var progress = progress
        progress.elapsed = now - startedAt
        progress.underWay = underWay
        progress.allowedRate = allowedRate
        return progress
    }
}

/// How far a run has come; counts of this run only, batch totals are the store's.
package struct RunnerProgress: Sendable, Equatable {
    /// Calls that ended, with any outcome.
    package internal(set) var calls = 0
    /// Records that succeeded.
    package internal(set) var succeeded = 0
    /// Records that were answered from an identical one when their turn came.
    package internal(set) var reused = 0
    /// Records that finally failed.
    package internal(set) var failed = 0
    /// Records that ended in doubt, less those the policy queued again; below 0 when these are an earlier run's.
    package internal(set) var inDoubt = 0
    /// Calls after which the record was queued again.
    package internal(set) var retries = 0
    /// Calls under way.
    package internal(set) var underWay = 0
    /// Calls per second the limiter currently allows, cuts included.
    package internal(set) var allowedRate = 0.0
    /// Time since the run began.
    package internal(set) var elapsed = Duration.zero

    /// Records that got a final status in this run.
    package var finished: Int { succeeded + reused + failed + inDoubt }
}

/// What a run reports while it is under way. No event holds a value of a record.
package enum RunnerEvent: Sendable, Equatable {
    /// How far the run has come; five times a second, before it waits for longer, and at its end.
    case progress(RunnerProgress)
    /// The gate closed, for no call gets through: why, and when the next probe leaves.
    case gateClosed(reason: String, until: WallTime)
    /// The API asks every caller to wait (`Retry-After`): until when.
    case waitRequested(reason: String, until: WallTime)
    /// One record is sent to see whether the way is free again.
    case probe
    /// Calls continue.
    case gateOpened
    /// Too many calls were refused as too many: the new rate in calls per second, and how many of the latest answers
    /// were such a refusal.
    case rateCut(to: Double, refused: Int, of: Int)
    /// In-doubt records were queued again under the policy `retry`.
    case inDoubtRequeued(count: Int)
    /// Answers that could not be read when they came can be read now, without a call.
    case keptAnswersRead(count: Int)
    /// The batch's call window is closed: no calls before this time.
    case windowClosed(until: WallTime)
    /// The batch's call window is open again.
    case windowOpened
    /// Nothing is claimed until somebody does something about it: what for.
    case keptWaiting(reason: String)
    /// What was waited for is done.
    case waitEnded
    /// The batch halts.
    case halted(Halt)
}
