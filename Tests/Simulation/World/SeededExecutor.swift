import Basics
import TestSupport

/// Runs the jobs of one simulated world on the thread that asks for it, one after the other, in an order that its seed
/// decides: every task of the world is interleaved with every other, and the same seed gives the same order.
///
/// What has it by preference is the world's, with its child tasks and continuations; `Task.sleep` and work on threads of
/// its own would escape.
final class SeededExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var random: SeededRandom
    }

    private let state: Lock<State>

    init(seed: UInt64) { state = Lock(State(random: SeededRandom(seed: seed))) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Runs one of the jobs that are ready; returns whether there was any.
    func runOne() -> Bool {
        let job: UnownedJob? = state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            return state.jobs.remove(at: state.random.next(in: 0...(state.jobs.count - 1)))
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }
}
