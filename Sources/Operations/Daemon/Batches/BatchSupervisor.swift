import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Schedules
import ServiceLifecycle
import Settings

/// Runs every batch that may run, and writes the results of every one that is over.
///
/// The database is the only source: a batch taken in, paused, resumed or cancelled by another process is noticed at the
/// next look, at most `daemon.poll` later; where a server keeps the database and there is no work, within seconds.
final class BatchSupervisor: Service {
    private struct State {
        var scheduler: BatchScheduler
        var stops: [BatchID: StopSignal] = [:]
        /// The terms under which the batches under way were started.
        var terms: [BatchID: BatchTerms] = [:]
        var pace = LookingPace()
    }

    private let context: DaemonContext
    private let reload: Reload
    private let state: Lock<State>
    static let name = "batches"
    /// How long a batch is left alone whose results could not be written.
    private static let retryAfter = Duration.seconds(60)

    /// Works on at most `slots` batches at once.
    init(context: DaemonContext, reload: Reload, slots: Int = 100) {
        self.context = context
        self.reload = reload
        state = Lock(State(scheduler: BatchScheduler(slots: slots)))
    }

    /// Works until the daemon is stopped and every batch's work has ended; a graceful shutdown of its group stops the
    /// daemon.
    ///
    /// - Throws: `StoreError` when state could not be read or written: no call can be accounted for then.
    func run() async throws {
        try await withGracefulShutdownHandler(operation: work) { [context] in
            context.stop.drain()
            context.batchWakeSignal.wakeUp()
        }
    }

    private func work() async throws {
        var watch = try await OperatorWatch(context: context, reload: reload)
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { .isPollDue }
            // The wait for the next look is a child like the work on batches: a failure of either is noticed at once.
            while let event = try await group.next() {
                guard event == .isPollDue else { continue }
                context.attendance.expect(Self.name)
                if try await look(&watch, &group) { return context.attendance.leave(Self.name) }
                let pause = state.withLock { state in
                    state.pace.pause(context.poll, isIdle: context.store.isAtServer && state.scheduler.isIdle)
                }
                context.attendance.expect(Self.name, after: pause)
                group.addTask { [context] in
                    await context.batchWakeSignal.wait(for: pause, on: context.clock)
                    return .isPollDue
                }
            }
        }
    }

    private typealias Group = ThrowingTaskGroup<Event, any Error>

    /// What the children of the loop end with.
    private enum Event {
        case isPollDue
        case workEnded
    }

    /// Looks at all batches once and starts what is to be done; returns whether nothing is left to wait for.
    private func look(_ watch: inout OperatorWatch, _ group: inout Group) async throws -> Bool {
        let isOver = checkForStop()
        var steps = [BatchScheduler.Step]()
        try await unlessItFails { steps = try await nextSteps() }
        // A batch that was seen running because somebody resumed it runs under the settings in force now.
        try await unlessItFails { try await watch.look() }
        for step in steps { try await unlessItFails { try await take(step, &group) } }
        return isOver || Task.isCancelled
    }

    /// Continues if one step fails for a reason of its own: the next look finds what is left to do.
    private func unlessItFails(_ step: () async throws -> Void) async throws {
        do {
            try await step()
        } catch  where !error.endsTheDaemon {
            context.log.error(
                "a step of the daemon failed; it is tried again",
                metadata: ["reason": "\(OperationFailure(error).message)"])
        }
    }

    /// Passes on the daemon's stop, and returns whether nothing is left to wait for.
    private func checkForStop() -> Bool {
        guard context.stop.isRaised else { return false }
        return state.withLock { state in
            for stop in state.stops.values { stop.match(context.stop) }
            return state.scheduler.isIdle
        }
    }

    private func nextSteps() async throws -> [BatchScheduler.Step] {
        let configuration = context.configuration
        try await applyChange(configuration)
        let sightings = try await context.store.pendingBatches().map { BatchScheduler.BatchSnapshot($0, configuration) }
        // Behind a halted gate a batch is begun all the same: it is halted then, too, with the remedy.
        let mayStart = !context.stop.isRaised
        let (now, monotonic) = (context.clock.now, context.clock.monotonic)
        return state.withLock {
            $0.scheduler.steps(for: sightings, mayStart: mayStart, now: now, monotonic: monotonic)
        }
    }

    /// Stops calls for batches under way whose terms have changed: they restart under the new ones once the answers
    /// under way have arrived.
    private func applyChange(_ configuration: LiveConfiguration) async throws {
        let changed = state.withLock { state in
            let changed = state.terms.filter { configuration.terms(for: $0.value.job) != $0.value }.keys.sorted()
            // Its new terms are recorded when it restarts.
            for batch in changed { state.terms[batch] = nil }
            return changed.compactMap { batch in state.stops[batch].map { (batch, $0) } }
        }
        for (batch, stop) in changed where !stop.isRaised {
            let metadata = try await context.store.batch(batch).logged()
            context.log.notice("batch continues under its job's new rules", metadata: metadata)
            stop.drain()
        }
    }

    private func take(_ step: BatchScheduler.Step, _ group: inout Group) async throws {
        switch step {
        case .start(let batch):
            let stop = StopSignal()
            state.withLock { $0.stops[batch] = stop }
            group.addTask { try await self.work(on: batch) { try await self.send($0, until: stop) } }
        case .conclude(let batch):
            group.addTask { try await self.work(on: batch) { try await $0.conclude() } }
        case .stop(let batch):
            state.withLock { $0.stops[batch] }?.drain()
        case .resume(let batch):
            guard try await context.store.resumeAfterCap(batch, at: context.clock.now) else { return }
            context.log.notice("batch continues: its cap has turned over", metadata: ["batch": "\(batch)"])
            context.batchWakeSignal.wakeUp()
        }
    }

    private func send(_ work: BatchWork, until stop: StopSignal) async throws -> BatchWork.End {
        let terms = context.configuration.terms(for: try await context.store.batch(work.batch).job)
        state.withLock { $0.terms[work.batch] = terms }
        return try await work.send(until: stop)
    }

    /// Works on a batch; where that fails for a reason of its own the batch is left alone for a while.
    private func work(on batch: BatchID, _ task: (BatchWork) async throws -> BatchWork.End) async throws -> Event {
        var end = BatchWork.End.failed
        do {
            end = try await task(BatchWork(context: context, batch: batch))
        } catch  where !error.endsTheDaemon {
            context.log.error(
                "work on a batch failed; it is tried again in a minute",
                metadata: ["batch": "\(batch)", "reason": "\(OperationFailure(error).message)"])
        }
        let now = context.clock.monotonic
        state.withLock { state in
            state.stops[batch] = nil
            state.terms[batch] = nil
            state.scheduler.ended(batch, leavingAloneUntil: end == .failed ? now + Self.retryAfter : nil)
        }
        context.batchWakeSignal.wakeUp()
        return .workEnded
    }
}

extension BatchScheduler.BatchSnapshot {
    fileprivate init(_ tended: PendingBatch, _ configuration: LiveConfiguration) {
        self.init(
            id: tended.id, state: tended.state, lacksResults: tended.lacksResults, resumesAt: tended.resumesAt,
            priority: configuration.job(named: tended.job)?.priority ?? 1)
    }
}

/// The terms under which a daemon runs a batch, as far as a reload can change them: the part of settings and job that
/// `RunnerConfiguration` is made from.
struct BatchTerms: Equatable {
    /// The job's name.
    let job: String
    private let own: Own?
    private let rate: Double
    private let requireEncryptedAnswers: Bool
    private let pricing: Settings.Pricing?

    /// What a job says.
    private struct Own: Equatable {
        let limits: Settings.Limits
        let retry: Settings.Retry
        let halt: Settings.Halt
        let window: CallWindow?
        let timeZone: TimeZone
        let priority: Int
        let reuseWithin: Duration?
    }

    /// The terms of a job's batches; `definition` is nil if the job is gone.
    init(job: String, _ definition: JobDefinition?, _ settings: Settings) {
        self.job = job
        own = definition.map { job in
            Own(
                limits: job.limits, retry: job.retry, halt: job.halt, window: job.window, timeZone: job.timeZone,
                priority: job.priority, reuseWithin: job.reuseWithin)
        }
        rate = settings.limits.rate
        requireEncryptedAnswers = settings.api.requireEncryptedAnswers
        pricing = settings.pricing
    }
}

extension LiveConfiguration {
    /// The terms for batches of a job.
    func terms(for job: String) -> BatchTerms { BatchTerms(job: job, self.job(named: job), place.settings) }
}
