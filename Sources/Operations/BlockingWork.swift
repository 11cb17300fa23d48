import Basics
import Dispatch

/// Work that waits for disks or for another thread, off the few threads that all tasks share: there it would hold up
/// every other task, and with as many of it as processors the whole process.
enum BlockingWork {
    /// Does the work on a thread that may wait, and returns when it is done; a cancelled task waits for it, too. What it
    /// tells a person to run names the settings as the task's own messages do.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let config = Hint.config
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Hint.$config.withValue(config) { Result(catching: work) })
            }
        }
    }
}
