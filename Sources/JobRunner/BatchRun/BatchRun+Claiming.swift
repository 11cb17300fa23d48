import Basics
import Foundation
import RecordStore

/// From permits to calls: what there is to claim is claimed with the permits that there are, and each record's call is
/// started.
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
        case .waitForCapacity: await pause(&group)
        case .wait(let deadline): try await wait(until: deadline, &group)
        case .granted(let grant):
            pace.take(grant.count, of: count, at: grant.takenAt)
            await claim(with: grant, &group)
        }
    }

    /// When the batch's call window opens; nil while it is open. Reports both changes.
    private mutating func closedWindow() -> WallTime? {
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

    /// When to look again whether the call window is open that opens at a wall time: the wall
    /// clock may be set meanwhile.
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
        await pause(&group, until: deadline)
    }

    private mutating func claim(with grant: Grant, _ group: inout Group) async {
        let instant = clock.instant
        let ended = takeForClaim(&group)
        do {
            let (due, caps) = (retryClock.time(at: instant.monotonic), limits.caps(at: instant.wall))
            let claim = try await claiming(&group) { [runner, batch, rerun] store in
                try await store.claim(
                    batch, upTo: grant.count, now: instant.wall, dueBy: due, caps: caps, of: rerun,
                    awaitingProof: runner.traffic.awaitsProof, finishing: ended)
            }
            if !ended.isEmpty { state.written(ended.count, readyAt: ended.readyAt) }
            recordFailuresOfAll()
            giveBack(grant.count - claim.records.count, of: grant)
            tell(of: claim.obstacle)
            state.claimed(claim, of: grant.count)
            reporter.progress.inDoubt += claim.held
            reporter.progress.reused += claim.reused
            start(claim.records, with: grant, &group)
        } catch {
            gathered = ended + gathered
            giveBack(grant.count, of: grant)
            if (error as? StoreError)?.code == .diskFull { return waitForRoom(&group) }
            failure = error
            state.end(.stopped)
        }
    }

    /// Reports once what keeps this runner from claiming, and once that it is gone.
    mutating func tell(of obstacle: String?) {
        guard obstacle != self.obstacle else { return }
        self.obstacle = obstacle
        runner.events(obstacle.map { .keptWaiting(reason: $0) } ?? .waitEnded)
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
                if (error as? StoreError)?.code != .diskFull { mailbox.post(.notWritten(0, error)) }
            }
        }
    }

    /// Returns permits for which there was no call.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        runner.traffic.giveBack(count, of: grant)
        pace.giveBack(count, of: grant)
    }

    /// Starts the calls, unless the way was closed or the run abandoned while their claim was written.
    private mutating func start(_ records: [ClaimedRecord], with grant: Grant, _ group: inout Group) {
        guard !records.isEmpty else { return }
        let instant = clock.instant
        let isGoingOn = urgency == .none && !state.isEnding
        let mayStart = isGoingOn && runner.traffic.start(records.count, of: grant, at: instant.monotonic)
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
                let reply = await Self.reply(to: request, of: call.record, by: submitter)
                mailbox.post(.replied(call, reply, at: clock.instant))
            } catch {
                mailbox.post(.notBuilt(call, reason: String(describing: error), at: clock.instant))
            }
        }
    }
}

extension BatchRun {
    /// Makes a call when its time has come. What may not leave any more, or not yet, never does: others may have taken it
    /// for unsent. The client looks once more, last of all.
    private static func reply(
        to request: [UInt8], of record: ClaimedRecord, by submitter: any RecordSubmitter
    ) async -> Reply {
        guard let window = record.window else {
            return Task.isCancelled ? .givenUp : await submitter.submit(request, notAfter: nil)
        }
        // A task that is cancelled meanwhile is given up below.
        try? await ContinuousClock().sleep(until: window.opens)
        guard !Task.isCancelled else { return .givenUp }
        return window.contains(.now) ? await submitter.submit(request, notAfter: window.closes) : .tooLate
    }
}

extension Reply {
    /// Its time had passed when the call was ready.
    fileprivate static let tooLate = Reply(
        .failed(kind: .cancelled, mayHaveLeft: false), errorText: "The call was not ready in the time it was given")

    /// The run was abandoned before the call began.
    fileprivate static let givenUp = Reply(
        .failed(kind: .cancelled, mayHaveLeft: false), errorText: "The run was stopped before the call")
}

/// A batch's own rate, below the one its endpoint allows.
///
/// Only what the endpoint granted is counted here, so no permit is lost.
struct BatchPace: Sendable {
    private var limiter: RateLimiter?

    /// - Parameter rate: Calls per second, above 0; nil for no batch rate.
    init(rate: Double?) {
        limiter = rate.map { RateLimiter(rate: $0, burst: 1) }
    }

    /// How many of `wanted` calls may be made at a monotonic time.
    mutating func available(upTo wanted: Int, at now: MonotonicTime) -> Int {
        limiter?.available(upTo: wanted, at: now) ?? wanted
    }

    /// When to ask again for `wanted` calls, none of which may be made at `now`.
    func nextAsk(for wanted: Int, at now: MonotonicTime) -> MonotonicTime {
        limiter?.nextAsk(first: 1, last: wanted, at: now) ?? now
    }

    /// Counts `count` calls of the `wanted`, granted at a monotonic time.
    mutating func take(_ count: Int, of wanted: Int, at now: MonotonicTime) {
        limiter?.take(count, at: now, isShort: count < wanted)
    }

    /// There was no record for so many calls.
    mutating func giveBack(_ count: Int, of grant: Grant) {
        limiter?.giveBack(count, takenAt: grant.takenAt)
    }

    /// The calls are made only now.
    mutating func use(_ count: Int, of grant: Grant, at now: MonotonicTime) {
        limiter?.use(count, takenAt: grant.takenAt, at: now)
    }
}

/// Says whether a run's call window is open, and consults the calendar at most once a minute.
struct WindowWatch: Sendable {
    private let opening: (@Sendable (WallTime) -> WallTime)?
    private var minute: Int64?
    private var opensAt = WallTime.distantPast

    /// - Parameter opening: From a time on, when calls may be made next: that time itself while the window is open. Nil
    ///   for a window that is always open.
    init(opening: (@Sendable (WallTime) -> WallTime)?) {
        self.opening = opening
    }

    /// When calls may be made next; nil while they may be made at `now`.
    mutating func opening(after now: WallTime) -> WallTime? {
        guard let opening else { return nil }
        // Windows open and close on whole minutes, and consulting a calendar costs more than a claim.
        if minute != now.minute {
            minute = now.minute
            opensAt = opening(now)
        }
        return opensAt > now ? opensAt : nil
    }
}

/// The caps on calls, with the calendar day they count on.
struct CallLimits: Sendable {
    private let configuration: RunnerConfiguration
    private let batch: String
    private var minute: Int64 = .min
    private var day = CallDay(rawValue: 0)

    init(_ configuration: RunnerConfiguration, batch: String) {
        self.configuration = configuration
        self.batch = batch
    }

    /// The caps that hold at a time.
    mutating func caps(at now: WallTime) -> CallCaps {
        // Zones differ by whole minutes, and consulting a calendar costs more than a claim.
        if now.minute != minute {
            minute = now.minute
            day = CallDay(at: now, in: configuration.timeZone)
        }
        return CallCaps(
            daily: configuration.dailyCalls, batch: configuration.batchCalls, monthly: configuration.monthlyCalls,
            answeredSince: configuration.reuseWithin.map { now - $0 }, day: day)
    }

    /// Why a capped batch is paused, and how it continues.
    func reason(_ cap: Cap) -> String {
        switch cap {
        case .batchCalls:
            "The batch has used its limits.batch_calls of \(Counted.things(configuration.batchCalls ?? 0, "call")). "
                + "Raise the limit, then \(Hint.resume(batch: batch))."
        case .dailyCalls:
            "Today's limits.daily_calls of \(Counted.things(configuration.dailyCalls ?? 0, "call")) is used up. "
                + continuation("midnight")
        case .monthlyCost:
            "This month's limits.monthly_cost is used up: it buys \(Counted.things(configuration.monthlyCalls ?? 0, "call")), those under "
                + "way and perhaps billed counted. " + continuation("the turn of the month")
        }
    }

    private func continuation(_ turn: String) -> String {
        "The daemon continues by itself after \(turn) (\(configuration.timeZone.displayName)); to continue before, raise the "
            + "limit, then \(Hint.resume(batch: batch))."
    }
}

extension WallTime {
    /// Whole minutes since 1970 UTC.
    fileprivate var minute: Int64 { milliseconds / 60_000 }
}
