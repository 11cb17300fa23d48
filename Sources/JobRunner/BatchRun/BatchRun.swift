import Basics
import RecordStore

/// One run of a batch: carries out what `RunState`, `EndpointTraffic` and `RetryPolicy` decide.
struct BatchRun {
    typealias Group = ThrowingDiscardingTaskGroup<any Error>

    let runner: BatchRunner
    let batch: BatchID
    let name: String
    /// The re-run whose records alone are sent; nil: all that wait are.
    let rerun: RerunNumber?
    let stop: StopSignal
    let mailbox: Mailbox<RunMessage>
    private let retries: RetryPolicy
    let clock: any RunnerClock
    let retryClock: RetryClock
    var state: RunState
    var limits: CallLimits
    private var timers = PendingTimers()
    var window: WindowWatch
    var pace: BatchPace
    private var failureThreshold: FailureThreshold
    var reporter: ProgressReporter
    /// When it began.
    let startedAt: MonotonicTime
    /// Ends of calls that are not yet on their way to the store.
    var gathered: [Completion] = []
    private var coalescing: CommitCoalescing
    private var isWriting = false
    /// Whether the limiter learnt something that must survive a restart.
    private var isLimiterChanged = false
    /// The run's number at the endpoint.
    let member: Int
    /// Whether it is queued there for permits.
    var isQueued = false
    /// Whether its call window is closed, as last reported.
    var isOutsideWindow = false
    var refusals = RefusalHistory()
    var throttled: ThrottledRecords
    private var recent = RecentOutcomes()
    var isCancelled = false
    private var isAbandoned = false
    /// What keeps this runner from claiming, as it was reported.
    var obstacle: String?
    /// Why claiming failed; thrown when the calls under way are written.
    var failure: (any Error)?

    init(
        _ runner: BatchRunner, _ batch: Batch, _ stop: StopSignal, _ mailbox: Mailbox<RunMessage>, member: Int,
        rerun: RerunNumber?
    ) {
        self.runner = runner
        self.batch = batch.id
        name = batch.name
        self.rerun = rerun
        self.member = member
        self.stop = stop
        self.mailbox = mailbox
        retries = RetryPolicy(runner.configuration)
        clock = runner.traffic.clock
        retryClock = runner.traffic.retryClock
        state = RunState(concurrency: runner.configuration.concurrency)
        coalescing = CommitCoalescing(limit: runner.configuration.concurrency / 2)
        limits = CallLimits(runner.configuration, batch: batch.name)
        window = WindowWatch(opening: runner.configuration.opening)
        pace = BatchPace(rate: runner.configuration.batchRate)
        failureThreshold = FailureThreshold(
            most: runner.configuration.mostFailed, window: runner.configuration.failedOf, batch: batch.name)
        throttled = ThrottledRecords(attempts: runner.configuration.attempts)
        startedAt = clock.monotonic
        reporter = ProgressReporter(startedAt: startedAt)
    }

    /// Works until the run is over and all its state is written.
    mutating func untilEnd(_ group: inout Group) async throws -> RunEnd {
        while true {
            try absorb()
            report()
            checkForStop(&group)
            let step = state.step(at: retryClock.time(at: clock.monotonic))
            if !step.isClaim { dequeue() }
            switch step {
            case .claim(let count):
                if waitsForMore(room: count, &group) {
                    await mailbox.wait()
                } else {
                    try await claim(upTo: count, &group)
                }
            case .wait(let until):
                let deadline = until.map { retryClock.monotonic(at: $0) }
                if let deadline { setTimer(at: deadline, &group) }
                await pause(&group, until: deadline)
            case .close: try await close()
            case .end(let end):
                if let failure { throw failure }
                if try await comesTooLate(end) {
                    state.carryOn()
                    continue
                }
                if let end = try await concluded(try await named(end)) { return end }
            }
        }
    }

    /// Handles all messages.
    private mutating func absorb() throws {
        for message in mailbox.take() {
            switch message {
            case .replied(let call, let reply, let instant): account(for: call, reply, at: instant)
            case .notBuilt(let call, let reason, let instant): accountForNotBuilt(call, reason, at: instant)
            case .written(let count, let readyAt):
                isWriting = false
                state.written(count, readyAt: readyAt)
                recordFailuresOfAll()
            case .notWritten(let error): throw error
            case .roomFound: state.foundRoom(true)
            case .fired(let deadline): timers.fired(deadline)
            case .changed: break
            case .cancelled: isCancelled = true
            }
        }
    }

    /// Other runners may have met the same trouble.
    mutating func recordFailuresOfAll() {
        guard let failures = runner.store.takeFailuresInARow() else { return }
        for event in runner.traffic.record(failures, at: clock.instant) {
            runner.events(event)
            isLimiterChanged = true
        }
    }

    /// How urgently the run is to stop.
    var urgency: StopSignal.Urgency { isCancelled ? .abandon : stop.urgency }

    private mutating func checkForStop(_ group: inout Group) {
        if urgency >= .drain { state.end(.stopped) }
        if urgency == .abandon, !isAbandoned {
            isAbandoned = true
            group.cancelAll()
        }
    }

    mutating func setTimer(at deadline: MonotonicTime, _ group: inout Group) {
        guard timers.needsTimer(at: deadline) else { return }
        group.addTask { [clock, mailbox] in
            await clock.sleep(until: deadline)
            mailbox.post(.fired(deadline))
        }
    }
}

extension BatchRun {
    /// Reads the answer table, reports to limiter and gate, and settles what happens to the record.
    mutating func account(for call: Call, _ reply: Reply, at instant: Instant) {
        let outcome = AnswerTable.outcome(of: reply, in: circumstances(of: reply))
        let verdict = runner.traffic.record(
            outcome, isProbe: call.grant.isProbe, errorText: reply.errorText, at: instant)
        for event in verdict.events { runner.events(event) }
        refusals.take(
            outcome.gateSignal, of: call.record.id, isProbe: call.grant.isProbe, errorText: reply.errorText)
        let next = step(after: outcome, of: call, verdict, at: instant)
        recent.take(outcome)
        runner.traffic.meter.take(outcome, isRetried: next.isRetry, duration: reply.duration)
        finish(call, Completion(call, reply, outcome, next: next, endedAt: instant), at: instant)
        if !verdict.events.isEmpty { isLimiterChanged = true }
        if let halt = verdict.halt ?? failureThreshold.record(outcome, next: next) { state.end(.halted(halt)) }
    }

    private func circumstances(of reply: Reply) -> AnswerTable.Circumstances {
        AnswerTable.Circumstances(
            requireEncryptedAnswers: runner.configuration.requireEncryptedAnswers, othersAreAnswered: recent.holdRead,
            cameBefore: reply.requestRefID.map { !runner.traffic.remember(AnswerReference($0)) } ?? false)
    }

    private mutating func step(
        after outcome: Outcome, of call: Call, _ verdict: TrafficVerdict, at instant: Instant
    ) -> NextStep {
        let others = throttled.take(outcome, of: call.record.id, othersAreAnswered: recent.holdRead)
        switch others {
        case .last: return .last
        case .enough: return .failed
        case .again:
            return retries.step(
                after: outcome, number: call.record.number, spent: call.record.spentAttempts,
                isGateClosed: verdict.isGateClosed, reopensAt: retryClock.time(notBefore: verdict.reopensAt),
                now: retryClock.time(at: instant.monotonic), random: runner.random())
        }
    }

    /// The permit was not used, for there was no call.
    mutating func accountForNotBuilt(_ call: Call, _ reason: String, at instant: Instant) {
        giveBack(1, of: call.grant)
        finish(call, Completion(notBuilt: call, reason: reason, endedAt: instant), at: instant)
    }

    private mutating func finish(_ call: Call, _ completion: Completion, at instant: Instant) {
        state.ended()
        gathered.append(completion)
        coalescing.ended(at: instant.monotonic)
        reporter.count(completion.next)
    }
}

extension BatchRun {
    /// Passes ended calls to the store and waits for a message.
    ///
    /// - Parameters:
    ///   - group: The run's tasks.
    ///   - deadline: When a timer that was set brings one; nil: none was set.
    mutating func pause(_ group: inout Group, until deadline: MonotonicTime? = nil) async {
        write(&group)
        if state.isIdle { report(beforeWaitUntil: deadline) }
        await mailbox.wait()
    }

    /// Whether a claim waits, with a timer set, for more calls to end, so that one commit writes their ends and claims
    /// for all of them. Never where a permit could be lost meanwhile, or where many calls could start at once.
    mutating func waitsForMore(room: Int, _ group: inout Group) -> Bool {
        let limit = coalescing.limit
        guard runner.configuration.burst >= limit, room < limit, !isQueued, let deadline = patience else {
            return false
        }
        setTimer(at: deadline, &group)
        return true
    }

    /// Takes the ended calls for a claim to write along. What the limiter learnt goes to the store with them, in a
    /// separate write.
    mutating func takeForClaim(_ group: inout Group) -> [Completion] {
        if isLimiterChanged { write(&group) }
        return isLimiterChanged ? [] : take()
    }

    /// Until when ended calls may wait for others to end; nil where they are to be written now.
    private var patience: MonotonicTime? {
        guard urgency == .none, !state.isEnding else { return nil }
        return coalescing.deadline(count: gathered.count, underWay: state.underWay, at: clock.monotonic)
    }

    /// As one group while the last one is written.
    private mutating func write(_ group: inout Group) {
        guard !isWriting, !gathered.isEmpty else { return }
        if let deadline = patience, !isLimiterChanged { return setTimer(at: deadline, &group) }
        isWriting = true
        let completions = take()
        let readyAt = completions.readyAt
        let limiter = isLimiterChanged ? runner.traffic.limiterState : nil
        isLimiterChanged = false
        group.addTask { [store = runner.store, mailbox] in
            do {
                _ = try await store.finish(completions)
                if let limiter { try await store.saveLimiterState(limiter) }
                mailbox.post(.written(completions.count, readyAt: readyAt))
            } catch {
                mailbox.post(.notWritten(error))
            }
        }
    }

    private mutating func take() -> [Completion] {
        defer { gathered = [] }
        coalescing.took(gathered.count, at: clock.monotonic)
        return gathered
    }
}

extension [Completion] {
    /// When the first of their records is ready again; nil when none is queued.
    var readyAt: WallTime? { lazy.compactMap(\.readyAt).min() }
}
