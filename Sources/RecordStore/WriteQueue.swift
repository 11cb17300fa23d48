import Dispatch
import Synchronization

/// What waits for the writing thread.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [WriteOperation] = []
        var end: StoreError?
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// Adds work; when the queue has ended the work fails at once.
    func submit(_ operation: WriteOperation) {
        let end: StoreError? = state.withLock { state in
            if state.end == nil { state.waiting.append(operation) }
            return state.end
        }
        if let end { operation.fail(end) } else { arrival.signal() }
    }

    /// Waits for work and takes all there is; nil when the queue has ended and everything is taken.
    func next() -> [WriteOperation]? {
        while true {
            arrival.wait()
            let (work, isOver) = state.withLock { state in
                let work = state.waiting
                state.waiting = []
                return (work, state.end != nil)
            }
            if !work.isEmpty { return work }
            if isOver { return nil }
        }
    }

    /// Takes no more work; later submissions fail with `error`. The first end is the one that counts.
    func end(with error: StoreError) {
        state.withLock { if $0.end == nil { $0.end = error } }
        arrival.signal()
    }
}
