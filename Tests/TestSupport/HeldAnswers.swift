import Basics

/// Holds an emulator's answers back from some call on, so that a batch cannot end before a test has done what is to happen
/// in its middle.
///
/// ```swift
/// let held = HeldAnswers(after: 60)
/// knobs.beforeAnswer = { await held.pass() }
/// …
/// try await held.begun()
/// ```
package final class HeldAnswers: Sendable {
    private struct State {
        var left: Int
        var isReleased = false
        var answers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Lock<State>
    private let (firstHeld, announcement) = AsyncStream<Void>.makeStream()

    /// Lets so many answers pass.
    package init(after count: Int) { state = Lock(State(left: count)) }

    /// Waits until the answer may be sent.
    package func pass() async {
        await withCheckedContinuation { continuation in
            let due = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.left -= 1
                guard state.left < 0, !state.isReleased else { return [continuation] }
                state.answers.append(continuation)
                announcement.yield()
                return []
            }
            for continuation in due { continuation.resume() }
        }
    }

    /// Waits until an answer is held back; once.
    ///
    /// - Throws: `CancellationError` when the test's time is over: a batch may end, or its process die, before.
    package func begun() async throws {
        for await _ in firstHeld { return }
        throw CancellationError()
    }

    /// Sends what is held back, and holds nothing any more.
    package func release() {
        let due = state.withLock { state in
            state.isReleased = true
            defer { state.answers = [] }
            return state.answers
        }
        for continuation in due { continuation.resume() }
    }
}
