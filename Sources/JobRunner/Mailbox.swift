internal import Synchronization

/// Messages from many tasks to one, which takes all that have come at once.
///
/// Unlike an `AsyncStream` it hands over whole groups, and its reader goes on reading in a cancelled task: calls that
/// were given up still have to be accounted for.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func post(_ message: Message) {
        let reader = state.withLock { state in
            state.messages.append(message)
            return state.reader.take()
        }
        reader?.resume()
    }

    /// All messages that have come, perhaps none.
    func take() -> [Message] {
        state.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }

    /// Returns once there is a message. For one reader only.
    func wait() async {
        await withCheckedContinuation { continuation in
            let hasMessage = state.withLock { state in
                guard state.messages.isEmpty else { return true }
                state.reader = continuation
                return false
            }
            if hasMessage { continuation.resume() }
        }
    }
}
