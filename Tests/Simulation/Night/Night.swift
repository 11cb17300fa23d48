import Basics

@testable import JobRunner
@testable import RecordStore

/// One night, from its seed to the moment at which every record has its end.
final class Night: Sendable {
    /// What came of a night.
    struct Outcome: Sendable {
        let seed: UInt64
        /// The first rule that was broken; nil where all held.
        let finding: String?
        /// What two runs of the same seed share.
        let digest: UInt64
        var records = 0
        var calls = 0
        var processes = 0
        /// Tasks' steps from one suspension to the next.
        var steps = 0
    }

    /// Far beyond what the longest night takes: more means that something turns in circles. Two hours of nothing but 'too many
    /// calls' at 15 calls a second came to 5,800,000 (night 134737).
    private static let mostSteps = 50_000_000
    private static let longest = MonotonicTime(nanoseconds: 0) + .seconds(20 * 86_400)

    let world: World
    let api: SimulatedAPI
    private let executor: SeededExecutor
    private let current = Lock<SimulatedProcess?>(nil)
    private let processes = Lock(0)
    private let isOver = Lock(false)
    /// How long it takes until the next process starts.
    private let restartAfter = Lock(Duration.seconds(1))

    private init(_ plan: NightPlan) {
        world = World(plan)
        api = SimulatedAPI(world)
        executor = SeededExecutor(seed: plan.seed)
    }

    /// Lets the night of a seed pass on this thread.
    static func pass(seed: UInt64) throws -> Outcome {
        let night = Night(try NightPlan(seed: seed))
        let steps = night.pass()
        return Outcome(
            seed: seed, finding: night.world.findings.first, digest: night.world.findings.digest,
            records: night.world.store.batches.reduce(0) { $0 + $1.lines.count }, calls: night.api.calls,
            processes: night.processes.withLock { $0 }, steps: steps)
    }

    private func pass() -> Int {
        _ = Task(executorPreference: executor) {
            await self.live()
            self.isOver.withLock { $0 = true }
        }
        var steps = 0
        while !isOver.withLock({ $0 }), world.findings.first == nil {
            if executor.runOne() {
                steps += 1
                world.findings.expect(steps < Self.mostSteps, "the night does not end: something turns in circles")
            } else {
                world.findings.expect(world.clock.advance(), "all stands still: nothing waits for a time or an answer")
                world.findings.expect(world.clock.monotonic < Self.longest, "the night does not end")
            }
        }
        if world.findings.first == nil { expectAccounted() }
        return steps
    }

    private func live() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.takeFiles() }
            group.addTask { await self.keepRunning() }
            await self.operate()
            isOver.withLock { $0 = true }
        }
    }

    /// The files that come by themselves.
    private func takeFiles() async {
        let arrivals = world.plan.jobs.enumerated().flatMap { place, job in job.arrivals.map { (at: $0, job: place) } }
        for arrival in arrivals.sorted(by: { ($0.at, $0.job) < ($1.at, $1.job) }) {
            await world.clock.sleep(until: MonotonicTime(nanoseconds: 0) + arrival.at)
            world.takeFile(ofJob: arrival.job)
            look()
        }
    }

    /// One life of the process after the other.
    private func keepRunning() async {
        while true {
            let number = processes.withLock { count in
                count += 1
                return count
            }
            let doubted = world.store.state.withLock { $0.recover(at: world.clock.now) }
            api.forgetEnds(of: doubted)
            let process = SimulatedProcess(number: number, in: world)
            current.withLock { $0 = process }
            let daemon = SimulatedDaemon(world: world, api: api, process: process)
            await withTaskGroup { group in
                group.addTask { await daemon.run() }
                group.addTask { await process.death.raised() }
                await group.next()
                group.cancelAll()
            }
            await world.clock.sleep(for: restartAfter.withLock { $0 })
        }
    }

    /// The daemon looks at its batches.
    private func look() { current.withLock { $0 }?.mailbox.post(.look) }
}

extension Night {
    /// What happens to the installation in its time, and then a person who looks after it until nothing is left.
    private func operate() async {
        for event in world.plan.events {
            await world.clock.sleep(until: MonotonicTime(nanoseconds: 0) + event.at)
            await happen(event.event)
            look()
        }
        await world.clock.sleep(until: MonotonicTime(nanoseconds: 0) + world.plan.morning)
        for round in 0... {
            let left = world.store.batches.filter { !($0.state.isFinished && $0.isConcluded) }
            if left.isEmpty { return }
            // In a window of two hours it takes four nights until six hours of waiting are over.
            guard round < 1_500 else { return world.findings.expect(false, "a batch does not end") }
            // Who was told to wait for a day waits; who halts again and again is given up.
            for batch in left where [.paused, .halted].contains(batch.state) {
                let isGivenUp = round > 200 || round > 20 && batch.resumesAt == nil
                if isGivenUp { change(batch.id, to: .cancelled) } else if batch.resumesAt == nil { resume(batch.id) }
            }
            look()
            await world.clock.sleep(for: .seconds(600))
        }
    }

    private func happen(_ event: NightPlan.Event) async {
        let process = current.withLock { $0 }
        switch event {
        case .kill(let pause):
            restartAfter.withLock { $0 = pause }
            process?.death.drain()
        case .stop(let isUrgent, let pause):
            restartAfter.withLock { $0 = pause }
            process?.stop.drain()
            if isUrgent {
                await world.clock.sleep(for: .milliseconds(20))
                process?.stop.abandon()
            }
        case .pause: pick { $0.state == .running }.map { change($0, to: .paused) }
        case .cancel: pick { !$0.state.isFinished }.map { change($0, to: .cancelled) }
        case .resume: pick { [.paused, .halted].contains($0.state) }.map(resume)
        case .rerun: pick { $0.state.isFinished }.map(rerun)
        case .setClock(let change): world.setClock(by: change)
        case .fillDisk(let length):
            let end = world.clock.monotonic + length
            world.store.state.withLock { $0.fullUntil = end }
        }
    }

    /// A batch that may be meant; nil where there is none.
    private func pick(_ isMeant: (SimulatedStore.StoredBatch) -> Bool) -> BatchID? {
        let meant = world.store.batches.filter(isMeant)
        return meant.isEmpty ? nil : meant[world.number(in: 0...(meant.count - 1))].id
    }

    private func change(_ batch: BatchID, to state: BatchState) {
        world.store.state.withLock { _ = $0.move(batch, from: Set(BatchState.allCases), to: state, reason: "by hand") }
    }

    /// The cause is said to be fixed: calls are made again.
    private func resume(_ batch: BatchID) {
        change(batch, to: .running)
        current.withLock { $0 }?.traffic.reopen()
    }

    private func rerun(_ batch: BatchID) {
        let selection = RequeueSelection(statuses: [.failed, .inDoubt, .cancelled], sparesAnswered: true)
        api.allowAgain(world.store.state.withLock { $0.requeue(batch, selection) })
    }
}
