/// Counts what is under way for some tasks, on whichever thread: their jobs, and what they have handed to threads that
/// no executor knows of, such as the writer's. A test's clock moves on only when nothing is.
///
/// Outside tests none is set, and nothing is counted.
package final class WorkInProgress: Sendable {
    private struct State {
        var count = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    /// Where the current task counts; nil: nowhere.
    @TaskLocal package static var current: WorkInProgress?

    /// Starts with nothing under way.
    package init() {}

    /// Whether anything is under way.
    package var isIdle: Bool { state.withLock { $0.count == 0 } }

    /// Something has begun.
    package func begin() { state.withLock { $0.count += 1 } }

    /// Something has ended; whatever follows from it must have begun.
    package func end() {
        let waiters = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when nothing is under way, even if the task is cancelled meanwhile.
    package func untilIdle() async {
        while !isIdle {
            await withCheckedContinuation { continuation in
                let isIdle = state.withLock { state in
                    if state.count > 0 { state.waiters.append(continuation) }
                    return state.count == 0
                }
                if isIdle { continuation.resume() }
            }
        }
    }

    /// Waits for work that a thread of its own does, counted until the task is at work again.
    ///
    /// - Parameters:
    ///   - isolation: The caller's.
    ///   - wait: Hands the work over and returns with its result.
    /// - Returns: What the wait returns.
    /// - Throws: What the wait throws.
    package static func whileHandedOver<Value, Failure>(
        isolation: isolated (any Actor)? = #isolation, _ wait: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let current else { return try await wait() }
        current.begin()
        defer { current.end() }
        return try await wait()
    }
}
