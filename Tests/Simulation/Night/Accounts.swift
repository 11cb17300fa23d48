import Basics

@testable import JobRunner
@testable import RecordStore

/// What must hold when a night is over.
extension Night {
    /// Every record has exactly one end, the ledger knows of every call, and nobody is owed anything.
    func expectAccounted() {
        let wasKilled = world.plan.events.contains { if case .kill = $0.event { true } else { false } }
        for batch in world.store.batches {
            let job = world.plan.jobs[batch.job]
            world.findings.expect(batch.isConsistent, "a batch's counters are not those of its records")
            world.findings.expect(batch.counts.isExhausted, "a batch is over and records of it wait")
            var called = 0
            for (place, line) in batch.lines.enumerated() {
                let history = api.history(of: batch.record(at: place))
                expect(line, history, isExact: !wasKilled)
                called += line.ledger.count(where: \.countsAsCall)
                world.findings.expect(
                    line.spent <= job.configuration.attempts, "a record has spent more than retry.attempts")
            }
            world.findings.expect(called == batch.counts.calls, "a batch's calls are not those of its ledger")
        }
    }

    private func expect(_ line: SimulatedStore.Line, _ history: RecordHistory, isExact: Bool) {
        let findings = world.findings
        let called = line.ledger.count(where: \.countsAsCall)
        findings.expect(line.ledger.allSatisfy { $0.outcome != nil }, "an attempt is left open")
        // A process that died between the mark and the call leaves an attempt for a call that was never made.
        findings.expect(
            isExact ? called == history.left : called >= history.left,
            "\(called) calls are in the ledger, \(history.left) left")
        findings.expect(
            line.ledger.count { $0.billable != .no } >= history.billed, "the ledger misses a billed call")
        switch line.status {
        case .succeeded: findings.expect(history.isAnswered, "a record succeeded that was never answered")
        case .failed, .inDoubt, .cancelled:
            findings.expect(history.last != .answered, "a record was answered and is \(line.status)")
        case .queued, .inFlight, .invalid, .reused: findings.expect(false, "a record is left \(line.status)")
        }
    }
}

extension SimulatedAPI {
    /// What the witness knows of a record's calls.
    func history(of record: RecordID) -> RecordHistory { state.withLock { $0.records[record] ?? RecordHistory() } }
}
