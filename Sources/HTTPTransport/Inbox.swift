import Synchronization

/// What other threads hand to the loop.
final class Inbox: Sendable {
    /// What has come since the loop last looked.
    struct Contents {
        var submissions: [Submission] = []
        var cancellations: [Ticket] = []
        var isStopping = false
    }

    private struct State {
        var contents = Contents()
        var isClosed = false
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

    /// Hands a request over; false once the loop stops.
    func submit(_ submission: Submission) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosed, !state.contents.isStopping else { return false }
            state.contents.submissions.append(submission)
            return true
        }
        if isTaken { wakeLoop() }
        return isTaken
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
    func close() -> [Submission] {
        state.withLock { state in
            state.isClosed = true
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
