import Basics
import TestSupport

@testable import JobRunner
@testable import RecordStore

/// All that the processes of one simulated night share: its plan, clock, store, chance, and what was found.
final class World: Sendable {
    /// The longest an access to the store takes, before and after its transaction.
    static let latency = Duration.seconds(5)

    let plan: NightPlan
    let clock: SimulatedClock
    let findings: Findings
    let store = SimulatedStore()
    let occasions: Occasions
    private let random: Lock<SeededRandom>
    private let clockSetAt = Lock<MonotonicTime?>(nil)

    init(_ plan: NightPlan) {
        self.plan = plan
        let findings = Findings()
        self.findings = findings
        clock = SimulatedClock(at: plan.start)
        occasions = Occasions(findings)
        random = Lock(SeededRandom(seed: plan.seed ^ 0x5EED))
    }

    /// A number from 0 up to 1.
    func chance() -> Double { random.withLock { Double.random(in: 0..<1, using: &$0) } }

    func number(in range: ClosedRange<Int>) -> Int { random.withLock { $0.next(in: range) } }

    /// How long an access to the disk takes this time: hardly anything, and now and then seconds.
    func diskLatency() -> Duration {
        switch number(in: 0...999) {
        case 0: .seconds(2)
        case 1...20: .milliseconds(Int64(number(in: 1...200)))
        default: .microseconds(Int64(number(in: 1...900)))
        }
    }

    func setClock(by change: Duration) {
        clock.setWall(by: change)
        clockSetAt.withLock { $0 = clock.monotonic }
    }

    /// Whether the night is over, and what still waits is looked after.
    var isMorning: Bool { clock.monotonic.nanoseconds >= plan.morning.nanoseconds }

    /// Whether the wall clock was set so recently that a claim may have looked at it before.
    var wasClockSetLately: Bool {
        clockSetAt.withLock { $0.map { clock.monotonic - $0 < .seconds(70) } ?? false }
    }
}

extension SimulatedStore {
    /// A batch as it stands; nil where there is none.
    func batch(_ id: BatchID) -> StoredBatch? {
        state.withLock { state in
            let place = Int(id.rawValue) - 1
            return state.batches.indices.contains(place) ? state.batches[place] : nil
        }
    }
}

extension World {
    /// A job's next file is taken in; returns its batch.
    @discardableResult
    func takeFile(ofJob place: Int) -> BatchID {
        let job = plan.jobs[place]
        let earlier = store.batches.count { $0.job == place }
        return store.add(records: job.records[earlier % job.records.count], ofJob: place, at: clock.now)
    }
}
