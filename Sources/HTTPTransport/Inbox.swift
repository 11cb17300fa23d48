import Synchronization

/// What other threads hand to the loop.
final class Inbox: Sendable {
    /// What has come since the loop last looked.
    struct Contents {
        var submissions: [Submission] = []
        var cancellations: [Ticket] = []
        var isStopping = false
    }

    /// Why the loop ended.
    enum Ending {
        /// It was asked to.
        case stopped
        /// It could not go on.
        case broke(HTTPTransportError)
    }

    private struct State {
        var contents = Contents()
        /// Nil while the loop runs.
        var ending: Ending?
        var isOver = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let events: EventQueue
    /// Whether the loop has been woken and has not looked since.
    private let isNoticed = Atomic(false)

    init(events: EventQueue) {
        self.events = events
    }

    /// Hands a request over; returns nil, or why the loop takes none any more.
    func submit(_ submission: Submission) -> Ending? {
        let ending: Ending? = state.withLock { state in
            if let ending = state.ending { return ending }
            if state.contents.isStopping { return .stopped }
            state.contents.submissions.append(submission)
            return nil
        }
        if ending == nil { wakeLoop() }
        return ending
    }

    /// Asks for the end of a request that was or will be submitted.
    func cancel(_ ticket: Ticket) {
        ticket.cancel()
        state.withLock { $0.contents.cancellations.append(ticket) }
        wakeLoop()
    }

    /// Asks the loop to stop.
    func stop() {
        state.withLock { $0.contents.isStopping = true }
        wakeLoop()
    }

    /// Returns once the loop has stopped.
    func waitUntilOver() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.stopWaiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    /// Takes everything, for the loop.
    func take() -> Contents {
        isNoticed.store(false, ordering: .releasing)
        return state.withLock { state in
            let contents = state.contents
            state.contents = Contents(isStopping: contents.isStopping)
            return contents
        }
    }

    /// Takes the last submissions and lets nothing in any more, for the loop's end: nobody looks afterwards.
    func close(_ ending: Ending) -> [Submission] {
        state.withLock { state in
            state.ending = ending
            return state.contents.submissions
        }
    }

    /// Tells those who wait for the end.
    func announceEnd() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.stopWaiters = [] }
            return state.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// One wake for all that comes before the loop looks is enough. Outside the lock, so that the loop finds it free.
    private func wakeLoop() {
        if !isNoticed.exchange(true, ordering: .acquiringAndReleasing) { events.wake() }
    }
}
