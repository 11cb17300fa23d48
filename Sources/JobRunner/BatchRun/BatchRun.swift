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
    let retries: RetryPolicy
    let clock: any RunnerClock
    let retryClock: RetryClock
    var state: RunState
    var limits: CallLimits
    var timers = PendingTimers()
    var window: WindowWatch
    var pace: BatchPace
    var failureThreshold: FailureThreshold
    var reporter: ProgressReporter
    /// When it began.
    let startedAt: MonotonicTime
    /// Ends of calls that are not yet on their way to the store.
    var gathered: [Completion] = []
    var coalescing: CommitCoalescing
    var isWriting = false
    /// Whether the limiter learnt something that must survive a restart.
    var isLimiterChanged = false
    /// The run's number at the endpoint.
    let member: Int
    /// Whether it is queued there for permits.
    var isQueued = false
    /// Whether its call window is closed, as last reported.
    var isOutsideWindow = false
    var refusals = RefusalHistory()
    var throttled: ThrottledRecords
    var recent = RecentOutcomes()
    var isCancelled = false
    var isAbandoned = false
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
                if let until { setTimer(at: retryClock.monotonic(at: until), &group) }
                await pause(&group)
            case .close: try await close()
            case .end(let end):
                if let failure { throw failure }
                if try await comesTooLate(end) {
                    state.carryOn()
                    continue
                }
                if let end = try await concluded(try await named(end)) { return end }
            }
            report()
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
            case .notWritten(let error): throw error
            case .roomFound: state.foundRoom(true)
            case .fired(let deadline): timers.fired(deadline)
            case .changed: break
            case .cancelled: isCancelled = true
            }
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
    /// When the batch's call window opens; nil while it is open. Reports both changes.
    mutating func closedWindow() -> WallTime? {
        let opening = window.opening(after: clock.now)
        guard (opening != nil) != isOutsideWindow else { return opening }
        isOutsideWindow = opening != nil
        if let opening {
            isQueued = false
            runner.traffic.depart(member)
            runner.events(.windowClosed(until: opening))
        } else {
            runner.traffic.arrive(member)
            runner.events(.windowOpened)
        }
        return opening
    }

    /// Other runs need not wait for this one: it needs no calls for now.
    mutating func dequeue() {
        guard isQueued else { return }
        isQueued = false
        runner.traffic.withdraw(member)
    }

    /// Returns permits for which there was no call.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        runner.traffic.giveBack(count, of: grant)
        pace.giveBack(count, of: grant)
    }
}

extension BatchRun {
    /// Takes the permits there are, claims as many records, and starts their calls.
    mutating func claim(upTo count: Int, _ group: inout Group) async throws {
        if let opening = closedWindow() {
            return try await wait(until: look(for: opening), &group)
        }
        let now = clock.monotonic
        if let halt = runner.traffic.halt(after: runner.configuration.outage, since: startedAt, at: now) {
            return state.end(.halted(halt))
        }
        let wanted = pace.available(upTo: count, at: now)
        guard wanted > 0 else {
            dequeue()
            pace.take(0, of: count, at: now)
            return try await wait(until: pace.nextAsk(for: count, at: now), &group)
        }
        let permission = runner.traffic.permission(for: member, upTo: wanted, at: now)
        isQueued = permission.isQueued
        switch permission {
        case .halted(let halt): state.end(.halted(halt))
        case .waitForAnswer: try await wait(until: nil, &group)
        case .waitForRoom: await pause(&group)
        case .wait(let deadline): try await wait(until: deadline, &group)
        case .granted(let grant):
            pace.take(grant.count, of: count, at: grant.takenAt)
            await claim(with: grant, &group)
        }
    }

    /// When to look again whether the call window is open that opens at a wall time: the
    /// wall clock may be set meanwhile.
    private func look(for opening: WallTime) -> MonotonicTime {
        let instant = clock.instant
        return min(instant.monotonic(atWall: opening), instant.monotonic + Self.longestUnseen)
    }

    /// A wall clock that is set is seen after this time at the latest.
    private static let longestUnseen = Duration.seconds(60)

    /// Waits for permission to call; while the gate is closed there may be nothing left to call for.
    private mutating func wait(until deadline: MonotonicTime?, _ group: inout Group) async throws {
        let isLong = deadline.map { $0 - clock.monotonic > .seconds(1) } ?? true
        if isLong, state.isIdle, try await isExhausted() { return state.exhaust() }
        // Once everything is written, this is checked again.
        let isAboutToBeIdle = isLong && state.underWay == 0 && !state.isIdle
        if let deadline, !isAboutToBeIdle { setTimer(at: deadline, &group) }
        await pause(&group)
    }

    private mutating func claim(with grant: Grant, _ group: inout Group) async {
        let instant = clock.instant
        let ended = takeForClaim(&group)
        do {
            let claim = try await runner.store.claim(
                batch, upTo: grant.count, now: instant.wall, dueBy: retryClock.time(at: instant.monotonic),
                caps: limits.caps(at: instant.wall), of: rerun, finishing: ended)
            if !ended.isEmpty { state.written(ended.count, readyAt: ended.readyAt) }
            giveBack(grant.count - claim.records.count, of: grant)
            state.claimed(claim, of: grant.count)
            reporter.progress.inDoubt += claim.held
            reporter.progress.reused += claim.reused
            start(claim.records, with: grant, &group)
        } catch {
            gathered = ended
            giveBack(grant.count, of: grant)
            if (error as? StoreError)?.code == .diskFull { return waitForRoom(&group) }
            failure = error
            state.end(.stopped)
        }
    }

    /// Claims nothing until something can be written again. If waiting was given up, because the run is to stop, there
    /// is nothing more to claim either.
    private mutating func waitForRoom(_ group: inout Group) {
        state.foundRoom(false)
        group.addTask { [store = runner.store, mailbox] in
            do {
                try await store.waitForRoom()
                mailbox.post(.roomFound)
            } catch {
                if (error as? StoreError)?.code != .diskFull { mailbox.post(.notWritten(error)) }
            }
        }
    }

    /// Starts the calls, unless the way was closed or the run abandoned while their claim was written.
    private mutating func start(_ records: [ClaimedRecord], with grant: Grant, _ group: inout Group) {
        guard !records.isEmpty else { return }
        let instant = clock.instant
        let mayStart = urgency == .none && runner.traffic.start(records.count, of: grant, at: instant.monotonic)
        guard mayStart else {
            giveBack(records.count, of: grant)
            for record in records {
                state.ended()
                gathered.append(Completion(notStarted: record, at: instant.wall))
            }
            return
        }
        pace.use(records.count, of: grant, at: instant.monotonic)
        if grant.isProbe { runner.events(.probe) }
        for record in records {
            start(Call(record: record, grant: grant, startedAt: instant), &group)
        }
    }

    private func start(_ call: Call, _ group: inout Group) {
        group.addTask { [requests = runner.requests, submitter = runner.submitter, clock, mailbox] in
            do {
                let request = try requests.request(for: call.record)
                let reply = Task.isCancelled ? .givenUp : await submitter.submit(request)
                mailbox.post(.replied(call, reply, at: clock.instant))
            } catch {
                mailbox.post(.notBuilt(call, reason: String(describing: error), at: clock.instant))
            }
        }
    }
}

extension Reply {
    /// The run was abandoned before the call began.
    fileprivate static let givenUp = Reply(
        .failed(kind: .cancelled, mayHaveLeft: false), errorText: "The run was stopped before the call")
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
