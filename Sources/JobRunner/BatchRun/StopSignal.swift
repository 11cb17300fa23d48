import Basics
package import RecordStore

/// Requests that a run stop: first gently, then at once. Any thread may raise it; raising it twice does no harm.
package final class StopSignal: Sendable {
    /// How urgently the run is to stop.
    enum Urgency: Int, Sendable, Comparable {
        case none
        case drain
        case abandon

        static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        var urgency = Urgency.none
        var nextObserver = 0
        var observers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Lock(State())

    /// A signal not yet raised.
    package init() {}

    /// No new claims; calls under way are awaited and their state is written (the first SIGINT or SIGTERM).
    package func drain() { raise(to: .drain) }

    /// Calls under way are given up; those that may have left end in doubt, and state is written (the second signal).
    package func abandon() { raise(to: .abandon) }

    /// Whether a stop has been requested, of either kind.
    package var isRaised: Bool { urgency > .none }

    /// How urgently the run is to stop.
    var urgency: Urgency { state.withLock { $0.urgency } }

    /// Calls `body` after each raise, until `removeObserver`.
    func addObserver(_ body: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = body
            return state.nextObserver
        }
    }

    func removeObserver(_ observer: Int) {
        state.withLock { $0.observers[observer] = nil }
    }

    private func raise(to urgency: Urgency) {
        let observers = state.withLock { state in
            guard urgency > state.urgency else { return [@Sendable () -> Void]() }
            state.urgency = urgency
            return Array(state.observers.values)
        }
        for observer in observers { observer() }
    }
}

extension StopSignal {
    /// Whether calls under way are to be given up, too.
    package var isAbandoning: Bool { urgency == .abandon }

    /// Requests at least what another signal requests.
    package func match(_ other: StopSignal) {
        if other.isRaised { drain() }
        if other.isAbandoning { abandon() }
    }

    /// The more urgent the stop, the less waits for room on a full disk: once it is raised only the ends of calls do,
    /// once calls are given up nothing does.
    package func limitWaiting(in store: RecordStore) {
        let limit: @Sendable () -> Void = { [weak self, weak store] in
            guard let self, let store, isRaised else { return }
            store.stopWaitingForRoom(exceptForEndsOfCalls: !isAbandoning)
        }
        _ = addObserver(limit)
        limit()
    }

    /// Returns once a stop has been requested, or the task is cancelled.
    package func raised() async {
        let mailbox = Mailbox<Void>()
        let observer = addObserver { mailbox.post(()) }
        defer { removeObserver(observer) }
        await withTaskCancellationHandler {
            if !isRaised { await mailbox.wait() }
        } onCancel: {
            mailbox.post(())
        }
    }
}
