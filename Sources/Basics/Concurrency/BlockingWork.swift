import Foundation

/// Work that blocks on disks, network shares, locks or another thread, kept off the cooperative thread pool: there it
/// would hold up other tasks, and one such piece of work per processor would stall the whole process.
///
/// Each function returns when the work is done, even if the task is cancelled; the work sees the task's local values.
package enum BlockingWork {
    /// Where it runs; a test has an executor of its own, which tells it whether anything is at work there.
    @TaskLocal package static var executor = BlockingExecutor()

    /// Does the work on a thread that may block.
    ///
    /// - Parameter work: Synchronous work of any length.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws.
    package static func run<Value, Failure>(
        _ work: () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(executor) { () throws(Failure) in try work() }
    }

    /// Runs a task, and the child tasks that it starts, on threads that may block between any two of its suspensions.
    ///
    /// - Parameter task: Asynchronous work with blocking steps.
    /// - Returns: What the task returns.
    /// - Throws: What the task throws.
    package static func runTask<Value, Failure>(
        _ task: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(executor) { () async throws(Failure) in try await task() }
    }

    /// Runs a task on the cooperative thread pool again, within one that may block: work that computes should not have
    /// more threads than there are processors.
    ///
    /// - Parameter task: Asynchronous work that blocks nowhere.
    /// - Returns: What the task returns.
    /// - Throws: What the task throws.
    package static func runOnPool<Value: Sendable, Failure>(
        _ task: @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(Failure) in try await task() }
    }
}

/// Runs jobs on threads of its own, as many as are at work at the same time.
///
/// Dispatch's queues do not serve here: on Linux they share a few threads with the cooperative pool, and more are added
/// only one by one, a second after all were seen to be blocked.
package final class BlockingExecutor: TaskExecutor {
    private struct State {
        /// Jobs that no thread has taken yet, the oldest last.
        var jobs: [UnownedJob] = []
        /// Threads that wait for a job.
        var idle = 0
        var threads = 0
    }

    private let mostThreads: Int
    private let work: WorkInProgress?
    private let patience: Duration
    private let state = Lock(State())
    private let available = MonotonicSemaphore()

    /// Makes an executor without threads yet.
    ///
    /// - Parameters:
    ///   - mostThreads: Jobs beyond these wait their turn. By default far more than there are folders, commands and
    ///     readers at the same time.
    ///   - patience: How long a thread waits for another job before it ends.
    ///   - work: Where its jobs are counted until they are done; nil: nowhere.
    package init(
        mostThreads: Int = 256, patience: Duration = .seconds(10), countingIn work: WorkInProgress? = nil
    ) {
        (self.mostThreads, self.patience, self.work) = (mostThreads, patience, work)
    }

    /// How many threads there are.
    var threads: Int { state.withLock { $0.threads } }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        work?.begin()
        let needsThread = state.withLock { state in
            state.jobs.insert(job, at: 0)
            guard state.idle < state.jobs.count, state.threads < mostThreads else { return false }
            state.threads += 1
            return true
        }
        if needsThread { Thread { self.serve() }.start() }
        available.signal()
    }

    /// Whether the caller runs on a thread of such an executor.
    static var isCurrent: Bool { Thread.current.threadDictionary[mark] != nil }

    private static let mark = "rollcall-blocking"

    private func serve() {
        SystemCall.nameThread("rollcall-block")
        Thread.current.threadDictionary[Self.mark] = true
        while let job = next() {
            job.runSynchronously(on: asUnownedTaskExecutor())
            work?.end()
        }
    }

    /// The next job; nil when none has come for a while, and the thread is to end.
    private func next() -> UnownedJob? {
        while true {
            state.withLock { $0.idle += 1 }
            let isLate = !available.wait(for: patience)
            let (job, ends) = state.withLock { state in
                state.idle -= 1
                let job = state.jobs.popLast()
                // Where the wait was over just before a job came, its signal is left over and wakes a thread for nothing.
                let ends = job == nil && isLate
                if ends { state.threads -= 1 }
                return (job, ends)
            }
            if job != nil || ends { return job }
        }
    }
}
