import Basics
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
        case .waitForRoom: await pause(&group)
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
            let claim = try await runner.store.claim(
                batch, upTo: grant.count, now: instant.wall, dueBy: retryClock.time(at: instant.monotonic),
                caps: limits.caps(at: instant.wall), of: rerun, awaitingProof: runner.traffic.awaitsProof,
                finishing: ended)
            if !ended.isEmpty { state.written(ended.count, readyAt: ended.readyAt) }
            recordFailuresOfAll()
            giveBack(grant.count - claim.records.count, of: grant)
            tell(of: claim.obstacle)
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

    /// Reports once what keeps this runner from claiming, and once that it is gone.
    private mutating func tell(of obstacle: String?) {
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
                if (error as? StoreError)?.code != .diskFull { mailbox.post(.notWritten(error)) }
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
    /// for unsent.
    private static func reply(
        to request: [UInt8], of record: ClaimedRecord, by submitter: any RecordSubmitter
    ) async -> Reply {
        guard let window = record.window else { return Task.isCancelled ? .givenUp : await submitter.submit(request) }
        // A task that is cancelled meanwhile is given up below.
        try? await ContinuousClock().sleep(until: window.opens)
        guard !Task.isCancelled else { return .givenUp }
        return window.contains(.now) ? await submitter.submit(request) : .tooLate
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
