import Dispatch
import Synchronization

/// What waits for the writing thread.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [WriteOperation] = []
        var end: StoreError?
        var waitingForRoom = WaitingForRoom.nobody
        var files: FilesInPlace?
        /// Whether the thread has to look again though nothing came.
        var isCalled = false
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// Which operations wait for room on a full disk.
    var waitingForRoom: WaitingForRoom { state.withLock { $0.waitingForRoom } }

    /// The files that have to be in place for anything to be written but ends of calls; nil: nobody watches over them.
    var files: FilesInPlace? {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }

    /// Adds work; when the queue has ended the work fails at once.
    func submit(_ operation: WriteOperation) {
        let end: StoreError? = state.withLock { state in
            if state.end == nil { state.waiting.append(operation) }
            return state.end
        }
        if let end { operation.fail(end) } else { arrival.signal() }
    }

    /// Waits for work and takes all there is; nil when the queue has ended and everything is taken.
    ///
    /// - Parameter pause: The longest wait; nil: as long as it takes.
    /// - Returns: The work; none after the longest wait, or when somebody asks the thread to look again.
    func next(within pause: DispatchTimeInterval? = nil) -> [WriteOperation]? {
        while true {
            var isLate = false
            if let pause { isLate = arrival.wait(timeout: .now() + pause) == .timedOut } else { arrival.wait() }
            let (work, mayGoOn, isOver) = state.withLock { state in
                defer { (state.waiting, state.isCalled) = ([], false) }
                return (state.waiting, state.isCalled || isLate, state.end != nil)
            }
            if !work.isEmpty { return work }
            if isOver { return nil }
            if mayGoOn { return [] }
        }
    }

    /// Takes no more work; later submissions fail with `error`. The first end is the one that counts.
    func end(with error: StoreError) {
        state.withLock { if $0.end == nil { $0.end = error } }
        arrival.signal()
    }

    /// Says which operations wait for room from now on.
    func wait(for operations: WaitingForRoom) {
        state.withLock { state in
            state.waitingForRoom = operations
            state.isCalled = true
        }
        arrival.signal()
    }
}
