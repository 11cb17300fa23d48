import Basics
package import RecordStore

/// How a run of a batch ended. In every case all calls of the run are over and their state is written.
package enum RunEnd: Sendable, Equatable {
    /// Every record has a final status; the batch is completed.
    case completed
    /// Every record of the re-run has a final status; others of the batch wait, and its state is as before.
    case rerunDone
    /// Something systemic is wrong; the batch is halted.
    case halted(Halt)
    /// The stop signal was raised; the batch continues with the next run.
    case stopped
    /// A cap on calls is reached; the batch is paused. After a re-run its state is as before: the rest of the re-run
    /// continues on its own, not with everything else that waits.
    case capped(Cap)
    /// The batch was moved out of `running` by someone else, or was not to be run at all; its state says how.
    case stateChanged(to: BatchState)
}

extension BatchRun {
    /// Nothing is left to claim: last tries are made, then the policy is applied to in-doubt records; otherwise the re-run, or
    /// the batch, is complete.
    mutating func close() async throws {
        let configuration = runner.configuration
        let counts = try await runner.store.progress(batch)
        guard counts.isExhausted else {
            if try await beginLastTries() { return }
            // Others than the re-run's wait; or someone else queued records again since the last claim.
            if rerun != nil, try await isExhausted() { return state.end(.rerunDone) }
            return state.exhaust(until: retryClock.time(at: clock.monotonic) + .seconds(1))
        }
        let allowance = configuration.inDoubt.allowance(
            budget: configuration.inDoubtBudget, spent: counts.inDoubtRetried)
        // Each round spends another attempt of every record in it, so the rounds come to an end.
        if counts.inDoubt > 0, allowance != 0 {
            let selection = RequeueSelection(
                statuses: [.inDoubt], limit: allowance, byPolicy: true, maximumSpent: configuration.attempts)
            // What another node may still have under way is sent again only when it cannot be any more.
            let left = try await runner.store.timeUntilCallsEnded(of: batch)
            let requeued = try await runner.store.requeue(batch, selection)
            if requeued > 0 {
                reporter.progress.inDoubt -= requeued
                runner.events(.inDoubtRequeued(count: requeued))
                return state.refill()
            }
            if let left {
                let seconds = left.milliseconds / 1_000 + 1
                tell(of: "calls in doubt may be under way at another node; they are sent again in \(seconds) s")
                return state.exhaust(until: retryClock.time(at: clock.monotonic) + left)
            }
        }
        state.end(.completed)
    }

    /// Sends what was queued behind everything else.
    ///
    /// - Returns: Whether there is any.
    private mutating func beginLastTries() async throws -> Bool {
        let records = try await runner.store.bringForward(batch, of: rerun)
        guard !records.isEmpty else { return false }
        throttled.beginLastTries(records)
        state.refill()
        return true
    }

    /// Whether nothing of what the run is to send waits or is under way.
    func isExhausted() async throws -> Bool {
        guard let rerun else { return try await runner.store.progress(batch).isExhausted }
        guard state.isIdle else { return false }
        return try await !runner.store.awaitsCalls(batch, of: rerun)
    }

    /// Whether a halt for failing answers came with the batch's last records: it would stop nothing, and only delay the
    /// results.
    func comesTooLate(_ end: RunEnd) async throws -> Bool {
        guard case .halted(let halt) = end, halt.cause == .failing else { return false }
        return try await isExhausted()
    }

    /// A halt tells each batch how to continue.
    func named(_ end: RunEnd) async throws -> RunEnd {
        guard case .halted(let halt) = end else { return end }
        return .halted(try await ofRecords(halt).named(for: name))
    }

    /// A halt because of refused probes tells the batch whose records these were whether they may be the cause.
    private func ofRecords(_ halt: Halt) async throws -> Halt {
        guard halt.cause == .misconfigured, refusals.isProbeRefused else { return halt }
        if refusals.wereOthersAnswered {
            return .recordsRefused(probes: runner.configuration.probes, last: refusals.lastText, batch: name)
        }
        return try await runner.store.progress(batch).succeeded > 0 ? halt.orRecordsRefused(batch: name) : halt
    }

    /// Writes the state the run leaves behind.
    ///
    /// - Returns: How the run ended: as intended, or as set by another change that moved the batch first; nil where the
    ///   run continues, because records were queued again or the batch was resumed.
    mutating func concluded(_ end: RunEnd) async throws -> RunEnd? {
        try await rememberLimiter(whenStopped: end == .stopped)
        guard try await leave(end) else {
            let now = try await runner.store.batch(batch).state
            guard now != .running else {
                if end == .completed { state.carryOn() }
                return nil
            }
            reportProgress()
            return .stateChanged(to: now)
        }
        if case .halted(let halt) = end { runner.events(.halted(halt)) }
        reportProgress()
        return end
    }

    /// A run that is stopped while the disk is full loses track of nothing: the next one starts with what the
    /// limiter knew before.
    private func rememberLimiter(whenStopped isStopped: Bool) async throws {
        do {
            try await runner.store.saveLimiterState(runner.traffic.limiterState)
        } catch let error as StoreError where error.code == .diskFull && isStopped {}
    }

    /// Moves the batch to where the run's end leaves it; returns whether it was still running. If not, nothing changes.
    private func leave(_ end: RunEnd) async throws -> Bool {
        let (next, reason): (BatchState, String?)
        switch end {
        case .completed: (next, reason) = (.completed, nil)
        case .halted(let halt): (next, reason) = (.halted, halt.description)
        case .capped(let cap) where rerun == nil: (next, reason) = (.paused, limits.reason(cap))
        case .stopped, .stateChanged, .rerunDone, .capped: return true
        }
        return try await runner.store.moveBatch(batch, from: [.running], to: next, reason: reason)
    }

    /// Reports progress when it is time.
    mutating func report() {
        if reporter.isDue(at: clock.monotonic) { reportProgress() }
    }

    /// Reports what has not been reported yet before nothing happens for a while.
    mutating func report(beforeWaitUntil deadline: MonotonicTime?) {
        if reporter.isDue(beforeWaitUntil: deadline, at: clock.monotonic) { reportProgress() }
    }

    private func reportProgress() {
        let now = clock.monotonic
        let rate = runner.traffic.allowedRate(at: now)
        runner.events(.progress(reporter.progress(at: now, underWay: state.underWay, allowedRate: rate)))
    }
}
