import Basics
import Schedules

@testable import JobRunner
@testable import RecordStore

/// What must hold whenever a call begins.
extension SimulatedAPI.State {
    /// Reports each rule of docs/architecture.md that this call breaks.
    mutating func expectAllowed(
        _ record: RecordID, _ meeting: Meeting, from process: SimulatedProcess, at now: Instant, in world: World
    ) {
        let plan = world.plan
        expectRate(now.monotonic, plan.contract, world.findings)
        let underWay = underWay[process.number, default: 0]
        world.findings.expect(
            underWay < plan.contract.concurrency, "more calls are under way than limits.concurrency allows")
        world.findings.expect(
            underWay == 0 || hasRead.contains(process.number),
            "a second call is under way before an answer was read")
        if let wait = waits[process.number] {
            // What a run is told while it waits for the disk it learns afterwards.
            let isKnown = now.monotonic - wait.toldAt > World.latency
            world.findings.expect(
                now.monotonic >= wait.end || !isKnown, "a call is made while Retry-After asks everyone to wait")
        }
        guard let batch = world.store.batch(record.batch) else {
            return world.findings.expect(false, "a call is made for a batch that is unknown")
        }
        let job = plan.jobs[batch.job]
        expectCaps(record, meeting, job.configuration, world)
        expectFirst(record, job.configuration, world.findings)
        if let window = job.window, !world.wasClockSetLately {
            let isOpen = [now.wall, now.wall - World.latency].contains { window.isOpen(at: $0, in: plan.zone) }
            world.findings.expect(
                isOpen, "a call is made outside the window of its job")
        }
    }

    /// Never more than rate + burst in any second.
    private mutating func expectRate(_ now: MonotonicTime, _ contract: RunnerConfiguration, _ findings: Findings) {
        begun.removeAll { $0 <= now - .seconds(1) }
        begun.append(now)
        let most = max(1, Int((contract.rate + Double(contract.burst)).rounded(.down)))
        findings.expect(begun.count <= most, "\(begun.count) calls began within a second, and \(most) are allowed")
    }

    private func expectCaps(
        _ record: RecordID, _ meeting: Meeting, _ configuration: RunnerConfiguration, _ world: World
    ) {
        guard meeting.leaves else { return }
        guard let day = world.store.openDay(of: record) else {
            return world.findings.expect(false, "a call is made that the ledger does not know of")
        }
        func expect(_ count: Int, below most: Int?, _ cap: String) {
            world.findings.expect(count < most ?? .max, "limits.\(cap) is passed")
        }
        expect(leftOfDay[day, default: 0], below: configuration.dailyCalls, "daily_calls")
        if meeting.isBilled {
            let billed = billedOfMonth[day.rawValue / 100, default: 0]
            expect(billed, below: configuration.monthlyCalls, "monthly_cost")
        }
        expect(leftOfBatch[record.batch, default: 0], below: configuration.batchCalls, "batch_calls")
    }

    /// Nobody is called twice unless the API refused the first call, or somebody asked for the second.
    private mutating func expectFirst(
        _ record: RecordID, _ configuration: RunnerConfiguration, _ findings: Findings
    ) {
        switch records[record]?.last {
        case nil, .refused: break
        case .answered: findings.expect(false, "a record that was answered is called again")
        case .unusable: findings.expect(false, "a record with an unusable answer is called again")
        case .lost:
            repeatedOfBatch[record.batch, default: 0] += 1
            findings.expect(configuration.inDoubt == .retry, "a record in doubt is called again, and is to be held")
            findings.expect(
                repeatedOfBatch[record.batch, default: 0] <= configuration.inDoubtBudget ?? .max,
                "more records in doubt are called again than in_doubt_budget allows")
        }
    }
}
