import Synchronization

/// Tells any number of waiters once on which port the emulator listens, or that it will not.
final class PortSignal: Sendable {
    private enum State {
        case open([CheckedContinuation<Int, any Error>])
        case settled(Result<Int, any Error>)
    }

    private let state = Mutex(State.open([]))

    /// The first result counts, later ones change nothing.
    func settle(_ result: Result<Int, any Error>) {
        let waiters: [CheckedContinuation<Int, any Error>] = state.withLock { state in
            guard case .open(let waiters) = state else { return [] }
            state = .settled(result)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// Waits for the result.
    func port() async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let settled: Result<Int, any Error>? = state.withLock { state in
                if case .settled(let result) = state { return result }
                if case .open(let waiters) = state { state = .open(waiters + [continuation]) }
                return nil
            }
            if let settled { continuation.resume(with: settled) }
        }
    }
}
