import Basics

/// The rounds of a poll, held by a test.
final class HeldPoll: Sendable {
    private struct State {
        var rounds = 0
        var waiting: CheckedContinuation<Void, Never>?
        var isCancelled = false
    }

    private let state = Lock(State())

    /// Ends one round, the one under way or the next.
    func release() {
        let waiting = state.withLock { state in
            if state.waiting == nil { state.rounds += 1 }
            return state.waiting.take()
        }
        waiting?.resume()
    }

    /// Waits for `release`, or for the task's cancellation.
    func pause() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isCancelled { return true }
                    if state.rounds > 0 {
                        state.rounds -= 1
                        return true
                    }
                    state.waiting = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.isCancelled = true
                return state.waiting.take()
            }
            waiting?.resume()
        }
    }
}
