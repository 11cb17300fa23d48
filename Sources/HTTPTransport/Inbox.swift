import CCurl
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
        var isNoticed = false
        var isClosed = false
        var isOver = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let multi: MultiHandle

    init(multi: MultiHandle) {
        self.multi = multi
    }

    /// Hands a request over; false once the loop stops.
    func submit(_ submission: Submission) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !state.contents.isStopping else { return false }
            state.contents.submissions.append(submission)
            wake(&state)
            return true
        }
    }

    /// Asks for the end of a request that was or will be submitted.
    func cancel(_ ticket: Ticket) {
        ticket.cancel()
        state.withLock { state in
            state.contents.cancellations.append(ticket)
            wake(&state)
        }
    }

    /// Asks the loop to stop.
    func stop() {
        state.withLock { state in
            state.contents.isStopping = true
            wake(&state)
        }
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
        state.withLock { state in
            state.isNoticed = false
            let contents = state.contents
            state.contents = Contents(isStopping: contents.isStopping)
            return contents
        }
    }

    /// Takes the last submissions and lets nothing in any more, for the loop's end: the handle may go afterwards.
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

    /// Called under the lock, so that it never comes after `close`; once per look of the loop is enough.
    private func wake(_ state: inout State) {
        guard !state.isClosed, !state.isNoticed else { return }
        state.isNoticed = true
        multi.wake()
    }
}
