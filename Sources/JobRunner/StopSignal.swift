internal import Synchronization

/// Asks a run to stop: first gently, then at once. Any thread may ask; asking twice does no harm.
public final class StopSignal: Sendable {
    /// How urgently the run is asked to stop.
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

    private let state = Mutex(State())

    /// A signal nobody has given yet.
    public init() {}

    /// No new claims; calls under way are awaited and their state is written (the first SIGINT or SIGTERM).
    public func drain() { raise(to: .drain) }

    /// Calls under way are given up; those that may have left end in doubt, and state is written (the second signal).
    public func abandon() { raise(to: .abandon) }

    /// Whether anybody has asked for a stop, of either kind.
    public var isRaised: Bool { urgency > .none }

    /// How urgently the run is asked to stop.
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
