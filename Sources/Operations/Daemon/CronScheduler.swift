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
    /// What the job does when it is due; given the due time where that was begun before, by this node or by another.
    let occasion: @Sendable (_ begun: WallTime?) async throws -> Void

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
            if isShared { try await follow(&state) }
            let lastDue = state.lastDue
            let action = state.step(at: context.clock.now, isWatched: isWatched)
            isWatched = true
            guard try await isOurs(action) else { continue }
            if state.lastDue != lastDue, !mayRepeat { try await remember(state) }
            if report(action) { try await run(&state) }
            if Task.isCancelled { return }
            if state.lastDue != lastDue { try await remember(state) }
            guard case .wait(let until) = action else { continue }
            isWatched = await sleep(until: until)
        }
    }

    /// Whether nodes share the job's folders, and so its due times.
    private var isShared: Bool { context.store.sharesFolders }

    /// Where nodes share their folders: does what one had begun that has ended, this one before or another, and leaves
    /// out what others have done since.
    private func follow(_ state: inout ScheduleState) async throws {
        try await goOn()
        let open = try await context.store.openDues(ofSchedule: job.name)
        if let due = open.first {
            context.log.notice(
                "a due time that was begun is gone on with",
                metadata: ["job": "\(job.name)", "due": "\(NumberFormat.time(due))"])
            state.settle(upTo: due)
            try await run(&state, begun: due)
        }
        let handled = try await context.store.lastDue(ofSchedule: job.name, times: times)
        if let handled, !ScheduleState.isClockFault(handled, at: context.clock.now) { state.settle(upTo: handled) }
    }

    /// Where nodes share their folders: reads files to their end that a node was reading which has ended.
    private func goOn() async throws {
        guard isShared, job.source.glob != nil else { return }
        try await PatternIntake(context: context, job: job).goOn()
    }

    /// Whether this node does what is due; where nodes share their folders one of all does.
    private func isOurs(_ action: ScheduleState.Action) async throws -> Bool {
        guard isShared else { return true }
        func take(_ due: WallTime, _ isOpen: Bool) async throws -> Bool {
            try await context.store.takeDue(due, ofSchedule: job.name, times: times, stayingOpen: isOpen)
        }
        return switch action {
        case .wait, .clockFault: true
        case .run(let due): try await take(due, mayRepeat)
        case .missed(let due, _, let runsNow): try await take(due, mayRepeat && runsNow)
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
        let (clock, other) = (context.intervals.wallClock, context.intervals.otherNodes)
        let longest = isShared ? min(clock, other) : clock
        let deadline = context.clock.monotonic + min(wall.map { max(.zero, $0 - context.clock.now) } ?? clock, longest)
        context.attendance.expect(part, after: longest)
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
    private func run(_ state: inout ScheduleState, begun: WallTime? = nil) async throws {
        // Its work may take all night, and has parts of its own.
        context.attendance.leave(part)
        let (wakeSignal, due) = (WakeSignal(), state.lastDue ?? context.clock.now)
        if try await isRunning(before: due) {
            context.log.notice(
                "job is still running; it runs again when that is over", metadata: ["job": "\(job.name)"])
            while try await isRunning(before: due), !Task.isCancelled {
                await wakeSignal.wait(for: context.poll, on: context.clock)
                // What is waited for may be this node's to be done, since another has ended.
                try await goOn()
            }
            state.settle(upTo: context.clock.now)
        }
        guard !Task.isCancelled else { return }
        try await occasion(begun)
        if isShared, !Task.isCancelled { try await context.store.finishDues(ofSchedule: job.name) }
    }

    private func remember(_ state: ScheduleState) async throws {
        guard let lastDue = state.lastDue else { return }
        try await context.store.saveLastDue(lastDue, ofSchedule: job.name, times: times)
    }

    /// A batch whose file another process was taking in, and maybe never will again, is not waited for.
    private func isRunning(before due: WallTime) async throws -> Bool {
        if isShared, try await context.store.isAnotherNode(atDueOf: job.name, before: due) { return true }
        let claimed = try await Set(context.store.claimedFiles(of: job.name).compactMap(\.batch))
        return try await context.store.pendingBatches(ofAllNodes: isShared).contains { batch in
            guard batch.job == job.name else { return false }
            return batch.state == .running || batch.state == .ingesting && claimed.contains(batch.id)
        }
    }
}
