import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Schedules
import Settings

/// Runs a job at the times of its schedule: once each, never twice at the same time, and with missed runs as the job
/// says.
///
/// Due while it is still running, it runs when that is over: a remainder of last night's window must not make tonight's
/// files miss theirs.
struct CronScheduler {
    let context: DaemonContext
    let job: JobDefinition
    let expression: CronExpression
    /// Whether doing it twice for one due time does no harm, so that a crash in its middle may repeat it.
    let mayRepeat: Bool
    /// What the job does when it is due.
    let occasion: @Sendable () async throws -> Void

    /// Waits and runs, until it is cancelled.
    ///
    /// - Throws: `StoreError` when state could not be read or written.
    func run() async throws {
        var state = ScheduleState(
            expression: expression, zone: job.timeZone, catchUp: job.catchUp,
            lastDue: try await context.store.lastDue(ofSchedule: job.name, times: times))
        // Nobody watched what happened before the start.
        var isWatched = false
        defer { context.attendance.leave(part) }
        while !Task.isCancelled {
            let lastDue = state.lastDue
            let action = state.step(at: context.clock.now, isWatched: isWatched)
            isWatched = true
            if state.lastDue != lastDue, !mayRepeat { try await remember(state) }
            if report(action) {
                // Its work may take all night, and has parts of its own.
                context.attendance.leave(part)
                try await run(&state)
            }
            if Task.isCancelled { return }
            if state.lastDue != lastDue { try await remember(state) }
            guard case .wait(let until) = action else { continue }
            isWatched = await sleep(until: until)
        }
    }

    private var part: String { "schedule of \(job.name)" }

    private var times: String { Self.times(expression, in: job.timeZone) }

    /// The key under which a due time is stored: a changed schedule has missed nothing.
    static func times(_ expression: CronExpression, in zone: TimeZone) -> String { "\(expression) \(zone.identifier)" }

    /// Sleeps until a wall time; not for long at once, since the clock may be set meanwhile.
    ///
    /// - Returns: Whether somebody watched: not where the sleep was far longer than asked for, because the machine
    ///   slept or the process was stopped.
    private func sleep(until wall: WallTime?) async -> Bool {
        let left = wall.map { max(.zero, $0 - context.clock.now) } ?? context.intervals.wallClock
        let deadline = context.clock.monotonic + min(left, context.intervals.wallClock)
        context.attendance.expect(part, after: context.intervals.wallClock)
        await WakeSignal().wait(until: deadline, on: context.clock)
        return context.clock.monotonic - deadline <= ScheduleState.grace
    }

    /// Logs and notifies as needed, and returns whether the job runs now.
    private func report(_ action: ScheduleState.Action) -> Bool {
        switch action {
        case .wait: return false
        case .run(let due):
            context.log.notice("job is due", metadata: ["job": "\(job.name)", "due": "\(NumberFormat.time(due))"])
            return true
        case .clockFault(let lastDue):
            context.log.error(
                "clock fault: the job ran for a time that is still to come; it runs by its times again",
                metadata: ["job": "\(job.name)", "last_due": "\(NumberFormat.time(lastDue))"])
            return false
        case .missed(let due, let count, let runsNow):
            let metadata: Logger.Metadata = [
                "job": "\(job.name)", "last_due": "\(NumberFormat.time(due))", "missed": "\(count)",
                "runs_now": "\(runsNow)",
            ]
            context.log.warning("schedule was missed while nobody ran", metadata: metadata)
            context.notices.notifyOfMissedRun(job, due: due, count: count, runsNow: runsNow)
            return runsNow
        }
    }

    /// Runs once the job's earlier batches are over.
    private func run(_ state: inout ScheduleState) async throws {
        let wakeSignal = WakeSignal()
        if try await isRunning() {
            context.log.notice(
                "job is still running; it runs again when that is over", metadata: ["job": "\(job.name)"])
            while try await isRunning(), !Task.isCancelled {
                await wakeSignal.wait(for: context.poll, on: context.clock)
            }
            state.settle(upTo: context.clock.now)
        }
        guard !Task.isCancelled else { return }
        try await occasion()
    }

    private func remember(_ state: ScheduleState) async throws {
        guard let lastDue = state.lastDue else { return }
        try await context.store.saveLastDue(lastDue, ofSchedule: job.name, times: times)
    }

    /// A batch whose file another process was taking in, and maybe never will again, is not waited for.
    private func isRunning() async throws -> Bool {
        let claimed = try await Set(context.store.claimedFiles(of: job.name).compactMap(\.batch))
        return try await context.store.pendingBatches().contains { batch in
            guard batch.job == job.name else { return false }
            return batch.state == .running || batch.state == .ingesting && claimed.contains(batch.id)
        }
    }
}
