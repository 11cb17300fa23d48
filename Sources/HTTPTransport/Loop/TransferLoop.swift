import Basics
import CCurl
import Synchronization

/// Runs transfers on one thread; everything libcurl does happens inside `run`.
final class TransferLoop {
    private let inbox: Inbox
    private let options: TransferOptions
    private let multi: MultiHandle
    private var idle: [EasyHandle] = []
    private var active: [ObjectIdentifier: EasyHandle] = [:]
    private var waiting: [Submission] = []
    /// Where the queue's head is in `waiting`.
    private var firstWaiting = 0
    /// No transfer under way times out before this; nil: none can.
    private var overdueAt: SuspendingClock.Instant?

    private init(inbox: Inbox, events: EventQueue, options: TransferOptions) throws(HTTPTransportError) {
        self.inbox = inbox
        self.options = options
        multi = try MultiHandle(events: events, maximumConnections: options.maximumConnections)
    }

    /// Works until the inbox says stop or something that all transfers need fails; at the end no transfer and no
    /// connection is left.
    static func run(inbox: Inbox, events: EventQueue, options: TransferOptions) {
        do throws(HTTPTransportError) {
            try TransferLoop(inbox: inbox, events: events, options: options).run()
        } catch {
            for submission in inbox.close(.broke(error)) { submission.fail(.broke(error)) }
        }
        inbox.announceEnd()
    }

    private func run() {
        do throws(HTTPTransportError) {
            while takeInbox() {
                try multi.advance(until: overdueAt)
                finishDone()
                try endOverdue()
                startWaiting()
            }
            end(.stopped)
        } catch {
            finishDone()
            end(.broke(error))
        }
    }

    private func finishDone() {
        while let (easy, code) = multi.nextDone() { finish(easy, code) }
    }

    /// Ends the transfers that have timed out, but first reads what their sockets hold: after the process was stopped,
    /// or the machine asleep, an answer that came in time is waiting there.
    private func endOverdue() throws(HTTPTransportError) {
        let now = SuspendingClock.now
        guard let overdueAt, overdueAt <= now else { return }
        // Bounded by the largest header and body of an answer: beyond these a transfer ends anyway.
        while try multi.takeWhatIsThere() { finishDone() }
        for easy in active.values where easy.deadline <= now {
            conclude(easy, easy.exchange(easy.facts(.timedOut), CURLE_OPERATION_TIMEDOUT))
        }
        self.overdueAt = active.values.lazy.map(\.deadline).min()
    }

    private func takeInbox() -> Bool {
        let contents = inbox.take()
        for submission in contents.submissions { enqueue(submission) }
        cancel(contents.cancellations)
        startWaiting()
        return !contents.isStopping
    }

    /// A cancellation that arrives before its submission is not repeated, so it must not be queued.
    private func enqueue(_ submission: Submission) {
        if submission.ticket.isCancelled { submission.failCancelled() } else { waiting.append(submission) }
    }

    private func startWaiting() {
        while firstWaiting < waiting.count, active.count < options.maximumConnections {
            let submission = waiting[firstWaiting]
            firstWaiting += 1
            start(submission)
        }
        guard firstWaiting == waiting.count || firstWaiting > 1024 else { return }
        waiting.removeFirst(firstWaiting)
        firstWaiting = 0
    }

    private func start(_ submission: Submission) {
        if submission.ticket.isCancelled { return submission.failCancelled() }
        do throws(HTTPTransportError) {
            let easy = try takeHandle()
            try easy.prepare(submission)
            add(easy, for: submission)
        } catch {
            submission.fail(.other, error.message)
        }
    }

    private func takeHandle() throws(HTTPTransportError) -> EasyHandle {
        if let easy = idle.popLast() { return easy }
        return try EasyHandle(options: options, sockets: multi.sockets)
    }

    private func add(_ easy: EasyHandle, for submission: Submission) {
        if multi.add(easy) {
            active[ObjectIdentifier(submission.ticket)] = easy
            overdueAt = overdueAt ?? easy.deadline
        } else {
            submission.fail(.other, "libcurl could not start a transfer: see whether memory ran out.")
        }
    }

    private func cancel(_ tickets: [Ticket]) {
        guard !tickets.isEmpty else { return }
        for ticket in tickets {
            guard let easy = active[ObjectIdentifier(ticket)] else { continue }
            conclude(easy, cancelled(easy))
        }
        waiting.removeFirst(firstWaiting)
        firstWaiting = 0
        for submission in waiting.extract(where: \.ticket.isCancelled) { submission.failCancelled() }
    }

    private func finish(_ easy: EasyHandle, _ code: CURLcode) {
        let facts = easy.facts(TransferEnd(code))
        if facts.verdict == .sendOnFreshConnection, easy.tries == 1, restart(easy) { return }
        conclude(easy, easy.exchange(facts, code))
    }

    private func restart(_ easy: EasyHandle) -> Bool {
        multi.remove(easy)
        do throws(HTTPTransportError) {
            try easy.prepareAgain()
            return multi.add(easy)
        } catch {
            return false
        }
    }

    private func cancelled(_ easy: EasyHandle) -> HTTPExchange {
        easy.exchange(easy.facts(nil, isCancelled: true), CURLE_ABORTED_BY_CALLBACK)
    }

    private func conclude(_ easy: EasyHandle, _ exchange: HTTPExchange) {
        multi.remove(easy)
        guard let submission = easy.release() else { return }
        active[ObjectIdentifier(submission.ticket)] = nil
        idle.append(easy)
        submission.continuation.resume(returning: exchange)
    }

    private func end(_ ending: Inbox.Ending) {
        let late = inbox.close(ending)
        for submission in waiting[firstWaiting...] + late { submission.fail(ending) }
        for easy in active.values {
            switch ending {
            case .stopped: conclude(easy, cancelled(easy))
            case .broke(let error): conclude(easy, easy.exchange(brokenBy: error))
            }
        }
        idle.removeAll()
    }
}

extension Array {
    /// Takes out the elements for which something holds, and asks once for each: the answer may change meanwhile.
    mutating func extract(where isTaken: (Element) -> Bool) -> [Element] {
        var (taken, kept) = ([Element](), [Element]())
        for element in self {
            if isTaken(element) { taken.append(element) } else { kept.append(element) }
        }
        self = kept
        return taken
    }
}

/// A request on its way to the loop.
struct Submission: Sendable {
    let ticket: Ticket
    let request: HTTPRequest
    let startedAt: ContinuousClock.Instant
    let continuation: CheckedContinuation<HTTPExchange, Never>

    /// Ends it before libcurl has seen it.
    func fail(_ kind: HTTPFailure.Kind, _ message: String) {
        let failure = HTTPFailure(
            kind: kind, mayHaveLeft: false, message: message, duration: ContinuousClock.now - startedAt)
        continuation.resume(returning: .failed(failure))
    }

    /// Ends it because the loop has ended.
    func fail(_ ending: Inbox.Ending) {
        switch ending {
        case .stopped: failCancelled()
        case .broke(let error): fail(.other, error.message)
        }
    }

    func failCancelled() {
        fail(.cancelled, HTTPFailure.message(for: .cancelled, alert: nil, detail: ""))
    }
}

/// Identifies one `send` and remembers its cancellation, which may come before the loop has seen the request.
final class Ticket: Sendable {
    private let cancelled = Atomic(false)

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }
}

/// What other threads submit to the loop.
final class Inbox: Sendable {
    /// What has come since the loop last looked.
    struct Contents {
        var submissions: [Submission] = []
        var cancellations: [Ticket] = []
        var isStopping = false
    }

    /// Why the loop ended.
    enum Ending {
        /// A stop was requested.
        case stopped
        /// It could not continue.
        case broke(HTTPTransportError)
    }

    private struct State {
        var contents = Contents()
        /// Nil while the loop runs.
        var ending: Ending?
        var isOver = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())
    private let events: EventQueue
    /// Whether the loop has been woken and has not looked since.
    private let isNoticed = Atomic(false)

    init(events: EventQueue) {
        self.events = events
    }

    /// Submits a request; returns nil, or why the loop accepts no more.
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

    /// Requests the end of a request that was or will be submitted.
    func cancel(_ ticket: Ticket) {
        ticket.cancel()
        state.withLock { $0.contents.cancellations.append(ticket) }
        wakeLoop()
    }

    /// Requests that the loop stop.
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

    /// Takes the last submissions and refuses any more, when the loop ends: nothing reads them afterwards.
    func close(_ ending: Ending) -> [Submission] {
        state.withLock { state in
            state.ending = ending
            return state.contents.submissions
        }
    }

    /// Resumes those who wait for the end.
    func announceEnd() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.stopWaiters = [] }
            return state.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// One wake is enough for everything that arrives before the loop looks. Outside the lock, so that the loop finds
    /// it free.
    private func wakeLoop() {
        if !isNoticed.exchange(true, ordering: .acquiringAndReleasing) { events.wake() }
    }
}
