package import Basics
import JobRunner

/// A clock in the test's hand: it stands still until the test moves it on, and whoever sleeps wakes in the order of
/// deadlines.
///
/// To drive a system in steps that are the same each time, wait for the sleep that marks the end of a step and move on:
///
/// ```swift
/// await clock.untilSomeoneSleeps(until: deadline)
/// await clock.advance(to: deadline)
/// ```
///
/// Where only the outcome counts, `whileTimePasses` moves from one deadline to the next by itself.
///
/// What is started with `task` or within `whileTimePasses` is counted while it is at work, on whichever thread: time
/// passes only while all of it waits. It must not wait by looking again and again, which is work.
package final class HeldClock: RunnerClock {
    struct State {
        /// What the wall clock shows when the monotonic one shows 0.
        var wallAtZero: WallTime
        var monotonic = MonotonicTime(nanoseconds: 0)
        var lastID = 0
        var sleepers: [Sleeper] = []
        var watchers: [Watcher] = []
    }

    struct Sleeper {
        let id: Int
        let deadline: MonotonicTime
        let continuation: CheckedContinuation<Void, Never>
    }

    struct Watcher {
        let id: Int
        let isMet: @Sendable ([MonotonicTime]) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    let state: Lock<State>
    /// What is under way in the world of this clock.
    package let work = WorkInProgress()
    private let executor: CountingExecutor
    /// Where the world's work blocks.
    private let blockingExecutor: BlockingExecutor

    /// Shows a wall time and a monotonic time of 0.
    package init(at wall: WallTime = 1_763_899_200_000) {
        state = Lock(State(wallAtZero: wall))
        executor = CountingExecutor(work)
        blockingExecutor = BlockingExecutor(countingIn: work)
    }

    /// The wall time.
    package var now: WallTime { state.withLock { $0.wallAtZero + Duration.nanoseconds($0.monotonic.nanoseconds) } }

    /// Counted from when the clock was made.
    package var monotonic: MonotonicTime { state.withLock { $0.monotonic } }

    /// When those who sleep want to be woken, the earliest first.
    package var deadlines: [MonotonicTime] { state.withLock { $0.sleepers.map(\.deadline).sorted() } }

    /// Sets the wall clock without any time passing, as an operator or a time server would.
    package func setWall(to wall: WallTime) {
        state.withLock { $0.wallAtZero = wall - Duration.nanoseconds($0.monotonic.nanoseconds) }
    }

    /// Returns when the test has moved the clock to `deadline`, or as soon as the task is cancelled.
    package func sleep(until deadline: MonotonicTime) async {
        let id = newID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A cancellation before this comes to nothing in `cancelSleep`, one after it finds the sleeper.
                let (isOver, watchers) = state.withLock { state in
                    guard deadline > state.monotonic, !Task.isCancelled else { return (true, [Watcher]()) }
                    state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
                    return (false, state.metWatchers())
                }
                if isOver { continuation.resume() }
                for watcher in watchers { watcher.continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume()
        }
    }

    /// Starts a task in the world of this clock.
    package func task<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) -> Task<Success, any Error> {
        WorkInProgress.$current.withValue(work) {
            BlockingWork.$executor.withValue(blockingExecutor) {
                Task(executorPreference: executor) { try await body() }
            }
        }
    }

    func newID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }
}

extension HeldClock.State {
    /// Takes out the watchers whose time has come.
    mutating func metWatchers() -> [HeldClock.Watcher] {
        let deadlines = sleepers.map(\.deadline)
        let met = watchers.filter { $0.isMet(deadlines) }
        watchers.removeAll { watcher in met.contains { $0.id == watcher.id } }
        return met
    }
}
