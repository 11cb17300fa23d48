import Basics
import Foundation
import Schedules

@testable import JobRunner
@testable import Operations
@testable import RecordStore

/// What the daemon does for one life of the process, with its own parts where they decide: `BatchScheduler`,
/// `ScheduleState`, `CapReset`, and `BatchRunner` with all that is in it.
struct SimulatedDaemon: Sendable {
    /// How often it looks at its batches unless something happens (`daemon.poll`).
    private static let poll = Duration.seconds(60)
    /// How long a batch is left alone whose work has failed.
    private static let retryAfter = Duration.seconds(60)

    let world: World
    let api: SimulatedAPI
    let process: SimulatedProcess

    private var store: StoreOfProcess { StoreOfProcess(world: world, process: process) }

    /// Works until it is stopped and all work on batches has ended, or it is killed.
    func run() async {
        await withDiscardingTaskGroup { group in
            for (place, job) in world.plan.jobs.enumerated() {
                guard let schedule = job.schedule else { continue }
                group.addTask { await keepSchedule(schedule, ofJob: place) }
            }
            group.addTask {
                while !Task.isCancelled {
                    await world.clock.sleep(for: Self.poll)
                    process.mailbox.post(.look)
                }
            }
            let observer = process.stop.addObserver { process.mailbox.post(.look) }
            await superviseBatches(&group)
            process.stop.removeObserver(observer)
            group.cancelAll()
        }
    }

    private func superviseBatches(_ group: inout DiscardingTaskGroup) async {
        var scheduler = BatchScheduler(slots: 100)
        var stops: [BatchID: StopSignal] = [:]
        while !Task.isCancelled {
            for message in process.mailbox.take() {
                guard case .ended(let batch, let hasFailed) = message else { continue }
                stops[batch] = nil
                scheduler.ended(
                    batch, leavingAloneUntil: hasFailed ? world.clock.monotonic + Self.retryAfter : nil)
            }
            for stop in stops.values { stop.match(process.stop) }
            if process.stop.isRaised, scheduler.isIdle { return }
            let steps = scheduler.steps(
                for: snapshots(), mayStart: !process.stop.isRaised, now: world.clock.now,
                monotonic: world.clock.monotonic)
            for step in steps {
                switch step {
                case .start(let batch):
                    let stop = StopSignal()
                    stops[batch] = stop
                    group.addTask { await work(on: batch) { try await send(batch, until: stop) } }
                case .stop(let batch): stops[batch]?.drain()
                case .conclude(let batch): group.addTask { await work(on: batch) { try await conclude(batch) } }
                case .resume(let batch): world.store.resumeAfterCap(batch, at: world.clock.now)
                }
            }
            if steps.contains(where: { if case .resume = $0 { true } else { false } }) { continue }
            await process.mailbox.wait()
        }
    }

    private func snapshots() -> [BatchScheduler.BatchSnapshot] {
        world.store.batches.filter { !($0.state.isFinished && $0.isConcluded) }.map { batch in
            BatchScheduler.BatchSnapshot(
                id: batch.id, state: batch.state, lacksResults: batch.state.isFinished && !batch.isConcluded,
                resumesAt: batch.resumesAt, priority: world.plan.jobs[batch.job].configuration.priority)
        }
    }

    private func work(on batch: BatchID, _ task: () async throws -> Void) async {
        var hasFailed = false
        do { try await task() } catch { hasFailed = true }
        process.mailbox.post(.ended(batch, hasFailed: hasFailed))
    }

    private func send(_ id: BatchID, until stop: StopSignal) async throws {
        let configuration = try await job(of: id).configuration
        let runner = BatchRunner(
            keeping: store, submitter: SimulatedSubmitter(api: api, process: process), requests: RowIsRequest(),
            configuration: configuration, traffic: process.traffic, random: { world.chance() }, events: { _ in })
        let end = try await runner.run(id, stop: stop, resuming: false)
        guard case .capped(let cap) = end else { return }
        let resumption = CapReset.next(after: world.clock.now, cap: cap, in: configuration.timeZone)
        try await store.access { state in
            if state[id].state == .paused { state[id].resumesAt = resumption }
        }
    }

    private func job(of id: BatchID) async throws -> NightPlan.Job {
        world.plan.jobs[try await store.access(needsRoom: false) { $0[id].job }]
    }

    private func conclude(_ id: BatchID) async throws {
        try await store.access { state in
            guard state[id].state.isFinished else { return }
            state[id].isConcluded = true
        }
    }
}

extension SimulatedDaemon {
    /// As `CronScheduler` does: what was handled is stored before it is acted on, and a job that is still running when
    /// it is due runs once that is over.
    private func keepSchedule(_ expression: CronExpression, ofJob place: Int) async {
        let job = world.plan.jobs[place]
        do {
            var state = ScheduleState(
                expression: expression, zone: world.plan.zone, catchUp: job.catchUp,
                lastDue: try await store.access(needsRoom: false) { $0.lastDue[job.name] })
            var isWatched = false
            while !Task.isCancelled, !process.stop.isRaised, !world.isMorning {
                let before = state.lastDue
                let action = state.step(at: world.clock.now, isWatched: isWatched)
                isWatched = true
                if state.lastDue != before { try await remember(state, of: job) }
                if case .clockFault = action { world.occasions.forgive(job.name) }
                if let due = runs(action) {
                    world.occasions.begin(due, of: job.name)
                    try await waitUntilOver(place, &state)
                    if Task.isCancelled || process.stop.isRaised { return }
                    world.takeFile(ofJob: place)
                    process.mailbox.post(.look)
                    if state.lastDue != before { try await remember(state, of: job) }
                }
                guard case .wait(let until) = action else { continue }
                let left = until.map { max(.zero, $0 - world.clock.now) } ?? .seconds(60)
                await world.clock.sleep(for: min(left, .seconds(60)))
            }
        } catch {}  // Only a dead process is refused access to the store.
    }

    private func remember(_ state: ScheduleState, of job: NightPlan.Job) async throws {
        try await store.access { $0.lastDue[job.name] = state.lastDue }
    }

    /// The due time for which the job runs now; nil where it does not.
    private func runs(_ action: ScheduleState.Action) -> WallTime? {
        switch action {
        case .run(let due): due
        case .missed(let due, _, let runsNow): runsNow ? due : nil
        case .wait, .clockFault: nil
        }
    }

    private func waitUntilOver(_ place: Int, _ state: inout ScheduleState) async throws {
        var hasWaited = false
        while !Task.isCancelled, !process.stop.isRaised {
            let isRunning = try await store.access(needsRoom: false) { state in
                state.batches.contains { $0.job == place && $0.state == .running }
            }
            guard isRunning else { break }
            hasWaited = true
            await world.clock.sleep(for: Self.poll)
        }
        if hasWaited { state.settle(upTo: world.clock.now) }
    }
}
