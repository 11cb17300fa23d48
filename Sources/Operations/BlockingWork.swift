import Basics
import Dispatch

/// Work that blocks on disks or on another thread, kept off the cooperative thread pool: there it would hold up other
/// tasks, and one such piece of work per processor would stall the whole process.
enum BlockingWork {
    /// Does the work on a thread that may block, and returns when it is done, even if the task is cancelled. Commands
    /// that it suggests to the operator name the settings as the task's own messages do.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let config = Hint.config
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Hint.$config.withValue(config) { Result(catching: work) })
            }
        }
    }
}
