import Basics
import JobRunner

/// The clock of a simulated world. It stands still while anything is to be done, and then moves to the next deadline.
///
/// `HeldClock` of `TestSupport` does the same for worlds with threads of their own, at many times the cost of a step.
final class SimulatedClock: RunnerClock {
    private struct Sleeper {
        let deadline: MonotonicTime
        let id: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        /// What the wall clock shows when the monotonic one shows 0.
        var wallAtZero: WallTime
        var monotonic = MonotonicTime(nanoseconds: 0)
        var lastID = 0
        /// The earliest deadline last.
        var sleepers: [Sleeper] = []

        mutating func insert(_ sleeper: Sleeper) {
            var (low, high) = (0, sleepers.count)
            while low < high {
                let middle = (low + high) / 2
                let other = sleepers[middle]
                if (other.deadline, other.id) > (sleeper.deadline, sleeper.id) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            sleepers.insert(sleeper, at: low)
        }
    }

    private let state: Lock<State>

    init(at wall: WallTime) { state = Lock(State(wallAtZero: wall)) }

    var now: WallTime { state.withLock { $0.wallAtZero + .nanoseconds($0.monotonic.nanoseconds) } }

    var monotonic: MonotonicTime { state.withLock { $0.monotonic } }

    /// Sets the wall clock forward, or back, without any time passing.
    func setWall(by change: Duration) { state.withLock { $0.wallAtZero = $0.wallAtZero + change } }

    func sleep(until deadline: MonotonicTime) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard deadline > state.monotonic, !Task.isCancelled else { return true }
                    state.insert(Sleeper(deadline: deadline, id: id, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume()
        }
    }

    /// Moves to the next deadline and wakes whoever waits for it; returns whether anybody waits at all.
    func advance() -> Bool {
        let due: [Sleeper] = state.withLock { state in
            guard let next = state.sleepers.last?.deadline else { return [] }
            state.monotonic = next
            var due: [Sleeper] = []
            while let sleeper = state.sleepers.last, sleeper.deadline <= next {
                due.append(state.sleepers.removeLast())
            }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
        return !due.isEmpty
    }
}

extension RunnerClock {
    /// Sleeps for a while.
    func sleep(for duration: Duration) async { await sleep(until: monotonic + duration) }
}
