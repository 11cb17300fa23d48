internal import RecordStore

extension BatchRun {
    /// Reads the answer table, tells limiter and gate, and settles what becomes of the record.
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
