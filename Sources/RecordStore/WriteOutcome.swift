import Dispatch
import Synchronization

/// A result handed from the writing thread to one that waits for it.
final class WriteOutcome<T: Sendable>: Sendable {
    private let result = Mutex<Result<T, any Error>?>(nil)
    private let isSet = DispatchSemaphore(value: 0)

    func set(_ value: Result<T, any Error>) {
        result.withLock { $0 = value }
        isSet.signal()
    }

    func wait() throws -> T {
        isSet.wait()
        guard let result = result.withLock({ $0 }) else { preconditionFailure("set before it is signalled") }
        return try result.get()
    }
}
