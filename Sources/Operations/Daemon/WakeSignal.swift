import Basics
import JobRunner

/// Wakes one loop of the daemon: something it should look at has happened, or a time has come.
///
/// A signal that arrives while nothing waits is kept for the next wait; several signals count as one.
final class WakeSignal: Sendable {
    private struct State {
        var isSignalled = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Lock(State())

    /// Signals: wakes the waiting task.
    func wakeUp() {
        let waiters = state.withLock { state in
            let waiters = state.waiters.values
            state.isSignalled = waiters.isEmpty
            state.waiters = [:]
            return Array(waiters)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once it is signalled, or the task is cancelled.
    func wait() async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGoOn = state.withLock { state in
                    if state.isSignalled || Task.isCancelled {
                        state.isSignalled = false
                        return true
                    }
                    state.waiters[number] = continuation
                    return false
                }
                if mayGoOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Returns once it is signalled, the clock has reached a time, or the task is cancelled.
    func wait(until deadline: MonotonicTime, on clock: any RunnerClock) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await clock.sleep(until: deadline)
                if !Task.isCancelled { self.wakeUp() }
            }
            await wait()
            group.cancelAll()
        }
    }

    /// The same, after a while.
    func wait(for duration: Duration, on clock: any RunnerClock) async {
        await wait(until: clock.monotonic + duration, on: clock)
    }
}
