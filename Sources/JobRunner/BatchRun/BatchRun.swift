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
    /// What the store was asked for and has not done, and since when.
    private var storeRequests = StoreRequests()
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
    /// What has come during a claim and is looked at after it.
    private var postponed: [RunMessage] = []

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
        let messages = postponed + mailbox.take()
        postponed = []
        for message in messages {
            switch message {
            case .replied(let call, let reply, let instant): account(for: call, reply, at: instant)
            case .notBuilt(let call, let reason, let instant): accountForNotBuilt(call, reason, at: instant)
            case .written(let count, let readyAt):
                storeRequests.ended()
                state.written(count, readyAt: readyAt)
                recordFailuresOfAll()
            case .notWritten(let count, let error):
                // Where there is a server the store keeps the ends outside it, and those of calls under way, which are awaited.
                guard runner.store.isAtServer else { throw error }
                if count > 0 { storeRequests.ended() }
                state.written(count, readyAt: nil)
                failure = failure ?? error
                state.end(.stopped)
            case .roomFound: state.foundRoom(true)
            case .fired(let deadline): timers.fired(deadline)
            case .changed, .claimed: break
            case .cancelled: isCancelled = true
            }
        }
    }

    /// Handles the messages that end calls, and passes these ends on to a store that has been away for long; the others wait
    /// until the claim is over.
    ///
    /// - Returns: What the claim that is under way brought; nil: it is not over.
    private mutating func absorbDuringClaim(_ group: inout Group) -> Result<Claim, any Error>? {
        var result: Result<Claim, any Error>?
        for message in mailbox.take() {
            switch message {
            case .replied(let call, let reply, let instant): account(for: call, reply, at: instant)
            case .notBuilt(let call, let reason, let instant): accountForNotBuilt(call, reason, at: instant)
            case .fired(let deadline): timers.fired(deadline)
            case .claimed(let brought): result = brought
            case .written, .notWritten, .roomFound, .changed, .cancelled: postponed.append(message)
            }
        }
        if result == nil { write(&group) }
        return result
    }

    /// Tells the limiter and the gate of failures in a row that all runners together have met.
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
        guard runner.configuration.burst >= limit, room < limit, !isQueued, let deadline = gatheringDeadline else {
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
    private var gatheringDeadline: MonotonicTime? {
        guard urgency == .none, !state.isEnding else { return nil }
        return coalescing.deadline(count: gathered.count, underWay: state.underWay, at: clock.monotonic)
    }

    /// As one group while the last one is written. Where that takes long, the server is away: then the store is given what
    /// there is, which it keeps outside the database meanwhile.
    private mutating func write(_ group: inout Group) {
        guard !gathered.isEmpty else { return }
        if let due = storeRequests.overdueAt {
            guard runner.store.isAtServer else { return }
            // A run that ends waits for nothing: its process may be killed next.
            if due > clock.monotonic, urgency == .none, !state.isEnding { return setTimer(at: due, &group) }
        } else if let deadline = gatheringDeadline, !isLimiterChanged {
            return setTimer(at: deadline, &group)
        }
        storeRequests.began(at: clock.monotonic)
        let completions = take()
        let readyAt = completions.readyAt
        let savesLimiter = isLimiterChanged
        isLimiterChanged = false
        group.addTask { [store = runner.store, traffic = runner.traffic, mailbox] in
            do {
                _ = try await store.finish(completions)
                // As it is by then: another group may have been written meanwhile.
                if savesLimiter { try await store.saveLimiterState(traffic.limiterState) }
                mailbox.post(.written(completions.count, readyAt: readyAt))
            } catch {
                mailbox.post(.notWritten(completions.count, error))
            }
        }
    }

    /// Claims; the ends of calls that come meanwhile are not left to wait for a server that is away.
    ///
    /// - Parameters:
    ///   - group: The run's tasks.
    ///   - claim: Claims at the store.
    /// - Returns: What was claimed.
    /// - Throws: What the claim threw.
    mutating func claiming(
        _ group: inout Group, _ claim: @escaping @Sendable (any RecordKeeping) async throws -> Claim
    ) async throws -> Claim {
        guard runner.store.isAtServer else { return try await claim(runner.store) }
        storeRequests.began(at: clock.monotonic)
        defer { storeRequests.ended() }
        group.addTask { [store = runner.store, mailbox] in
            let result: Result<Claim, any Error>
            do { result = .success(try await claim(store)) } catch { result = .failure(error) }
            mailbox.post(.claimed(result))
        }
        var nextLook = clock.monotonic + Self.troubleInterval
        while true {
            setTimer(at: nextLook, &group)
            await mailbox.wait()
            if let result = absorbDuringClaim(&group) { return try result.get() }
            guard clock.monotonic >= nextLook else { continue }
            nextLook = clock.monotonic + Self.troubleInterval
            if let trouble = runner.store.serverTrouble { tell(of: trouble) }
        }
    }

    /// After so long without a server, and each time again, it is told why; a server that restarts is back before.
    private static let troubleInterval = Duration.seconds(5)

    private mutating func take() -> [Completion] {
        defer { gathered = [] }
        coalescing.took(gathered.count, at: clock.monotonic)
        return gathered
    }
}

/// What the store was asked for and has not done.
private struct StoreRequests {
    /// After this time a server must be away. It is much longer than a commit takes, and the store waits as long again
    /// before it keeps what it has not stored.
    private static let patience = Duration.seconds(1)

    private var count = 0
    private var began = MonotonicTime.distantPast

    /// When the last one has been waited for so long that nothing more is to wait for it; nil: none is waited for.
    var overdueAt: MonotonicTime? { count == 0 ? nil : began + Self.patience }

    mutating func began(at now: MonotonicTime) {
        count += 1
        began = now
    }

    mutating func ended() { count -= 1 }
}

extension [Completion] {
    /// When the first of their records is ready again; nil when none is queued.
    var readyAt: WallTime? { lazy.compactMap(\.readyAt).min() }
}
