public import RecordStore

/// Runs a batch: permit, claim, call, and whatever the answer means, until every record has a final status, something
/// systemic is wrong, a cap is reached or the run is told to stop.
///
/// The ledger's row of a call is committed before `RecordSubmitter.submit` is called. Each call is a child task of the
/// run; none outlives it.
public struct BatchRunner: Sendable {
    let store: any RecordKeeping
    let submitter: any RecordSubmitter
    let requests: any RequestBuilding
    let configuration: RunnerConfiguration
    let traffic: EndpointTraffic
    let random: @Sendable () -> Double
    let events: @Sendable (RunnerEvent) -> Void
    /// Reads answers again that could not be read when they came; nil: nobody does.
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
    ///   - events: Told what happens, from the run's task; must return at once.
    public init(
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
    ///   - events: Told what happens, from the run's task; must return at once.
    public init(
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

    /// Runs a batch until it ends one way or another; a paused or halted batch goes on.
    ///
    /// Cancelling the task is as good as `StopSignal.abandon()`.
    ///
    /// - Parameters:
    ///   - batch: The batch, wholly taken in.
    ///   - stop: The signal to stop early.
    ///   - resuming: Whether a paused or halted batch goes on; where someone else may just have paused it, it must not.
    ///   - rerun: The re-run whose records alone are sent, whatever else waits; nil: all that wait are.
    /// - Returns: How the run ended; no call is under way then, and the state of all is written.
    /// - Throws: The store's error when state could not be read or written; calls whose end could not be written are
    ///   open in the ledger and become in doubt at the next start.
    public func run(
        _ batch: BatchID, stop: StopSignal, resuming: Bool = true, only rerun: RerunNumber? = nil
    ) async throws -> RunEnd {
        if resuming { _ = try await store.moveBatch(batch, from: [.paused, .halted], to: .running, reason: nil) }
        let row = try store.batch(batch)
        switch row.state {
        case .running: break
        case .completed: return .completed
        case .ingesting, .awaitingConfirmation, .paused, .halted, .cancelled, .rejected:
            return .stateChanged(to: row.state)
        }
        // Other batches may have been answered since this one was taken in, or stood still.
        if configuration.reuseWithin != nil, row.reuses { try await store.learnAnswers() }
        if let remembered = try store.limiterState() { traffic.resume(remembered) }
        let now = traffic.retryClock.time(at: traffic.clock.monotonic)
        try await store.hastenRetries(of: batch, to: now + RetryPolicy(configuration).longestDelay)
        if !traffic.knowsEarlierAnswers { traffic.learn(try store.recentAnswers()) }
        if let end = try await readKeptAnswers(of: row) { return end }
        return try await follow(row, stop, rerun)
    }

    /// What was paid for and could not be read is tried with today's keys before another call is made. Where the key has
    /// shown to be wrong and still opens nothing, none is made at all.
    ///
    /// - Returns: How the run ends, the batch halted or moved by somebody else before; nil: it goes on.
    private func readKeptAnswers(of row: Batch) async throws -> RunEnd? {
        guard row.counts.inDoubt > 0, let keptAnswers else { return nil }
        let found = try await keptAnswers.readKeptAnswers(of: row.id)
        if found.read > 0 {
            traffic.proveKey()
            traffic.learn(try store.recentAnswers())
            events(.keptAnswersRead(count: found.read))
        }
        guard found.unread > 0, traffic.isKeyDoubted else { return nil }
        let halt = Halt.stillUndecipherable(found.unread, batch: row.name).named(for: row.name)
        guard try await store.moveBatch(row.id, from: [.running], to: .halted, reason: halt.description) else {
            return .stateChanged(to: try store.batch(row.id).state)
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
                // Alarms may still be set.
                group.cancelAll()
                return end
            }
        } onCancel: {
            mailbox.post(.cancelled)
        }
    }
}
