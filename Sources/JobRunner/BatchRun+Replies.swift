internal import RecordStore

extension BatchRun {
    /// Reads the answer table, tells limiter and gate, and settles what becomes of the record.
    mutating func account(for call: Call, _ reply: Reply, at moment: Moment) {
        let outcome = AnswerTable.outcome(
            of: reply, requireEncryptedAnswers: runner.configuration.requireEncryptedAnswers)
        let verdict = runner.traffic.record(
            outcome, isProbe: call.grant.isProbe, errorText: reply.errorText, at: moment)
        for event in verdict.events { runner.events(event) }
        refusals.take(
            outcome.gateSign, of: call.record.id, isProbe: call.grant.isProbe, errorText: reply.errorText)
        let next = retries.step(
            after: outcome, number: call.record.number, spent: call.record.spentAttempts,
            isGateClosed: verdict.isGateClosed, reopensAt: retryClock.time(notBefore: verdict.reopensAt),
            now: retryClock.time(at: moment.monotonic), random: runner.random())
        finish(call, Completion(call, reply, outcome, next: next, endedAt: moment), at: moment)
        if !verdict.events.isEmpty { isLimiterChanged = true }
        if let halt = verdict.halt ?? tripwire.record(outcome, next: next) { state.end(.halted(halt)) }
    }

    /// The permit was not used, for there was no call.
    mutating func accountForNotBuilt(_ call: Call, _ reason: String, at moment: Moment) {
        giveBack(1, of: call.grant)
        finish(call, Completion(notBuilt: call, reason: reason, endedAt: moment), at: moment)
    }

    private mutating func finish(_ call: Call, _ completion: Completion, at moment: Moment) {
        state.ended()
        gathered.append(completion)
        gathering.ended(at: moment.monotonic)
        reporter.count(completion.next)
    }
}
