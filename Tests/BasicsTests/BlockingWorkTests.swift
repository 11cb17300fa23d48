import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite("Work on threads that may block", .timeLimit(.minutes(15)))
struct BlockingWorkTests {
    struct Failure: Error, Equatable {}

    @Test("Its hints name the settings as the task's own do", arguments: ["/srv/rollcall.yaml", nil])
    func hints(config: String?) async {
        let (own, other) = await Hint.$config.withValue(config) {
            (Hint.doctor.commandLine, await BlockingWork.run { Hint.doctor.commandLine })
        }
        #expect(own == other)
        #expect(other.contains("--config") == (config != nil))
    }

    @Test("Its threads have a name, which an operator sees in ps and top")
    func names() async throws {
        let name = try await BlockingWork.run { try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8) }
        #expect(name == "rollcall-block\n")
    }

    @Test("A task that is cancelled waits for it all the same")
    func cancelled() async {
        let task = Task { await BlockingWork.run { 7 } }
        task.cancel()
        #expect(await task.value == 7)
    }

    @Test("What it throws is thrown to whoever waits")
    func failing() async {
        await #expect(throws: Failure()) { try await BlockingWork.run { throw Failure() } }
        await #expect(throws: Failure()) { try await BlockingWork.runTask { throw Failure() } }
    }

    @Test("It runs on threads of its own, with its child tasks, and the caller continues where it was")
    func threads() async {
        #expect(await isBlockingThread() == false)
        #expect(await BlockingWork.run { BlockingExecutor.isCurrent })
        await BlockingWork.runTask {
            async let child = isBlockingThread()
            #expect(await isBlockingThread())
            #expect(await child)
            #expect(await BlockingWork.run { BlockingExecutor.isCurrent })
            #expect(await BlockingWork.runOnPool { await isBlockingThread() } == false)
            #expect(await isBlockingThread())
        }
        #expect(await isBlockingThread() == false)
    }

    @Test("Pieces of work that block at the same time hold up neither each other nor other tasks")
    func manyAtOnce() async {
        let count = 64
        let (arrived, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        await withDiscardingTaskGroup { group in
            for _ in 0..<count {
                group.addTask {
                    await BlockingWork.run {
                        arrived.signal()
                        release.wait()
                    }
                }
            }
            // All of them block by now.
            await BlockingWork.run { for _ in 0..<count { arrived.wait() } }
            #expect(
                await withTaskGroup { others in
                    for number in 0..<count { others.addTask { number } }
                    return await others.reduce(0, +)
                } == count * (count - 1) / 2)
            for _ in 0..<count { release.signal() }
        }
    }

    @Test("No job is lost where threads end and begin, nor where all are taken", arguments: [1, 4])
    func shortPatience(mostThreads: Int) async throws {
        let executor = BlockingExecutor(mostThreads: mostThreads, patience: .microseconds(1))
        let steps = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask(executorPreference: executor) {
                    for _ in 0..<500 { await Task.yield() }
                    return 500
                }
            }
            return await group.reduce(0, +)
        }
        #expect(steps == 4_000)
        #expect(executor.threads <= mostThreads)
        try await waitUntil { executor.threads == 0 }
    }

    @Test("A thread waits for its next job by a clock that nobody sets")
    func clock() async throws {
        let executor = BlockingExecutor(mostThreads: 1, patience: .seconds(600))
        let thread = try await withTaskExecutorPreference(executor) { try WaitingThread.current() }
        #expect(try await !thread.waitsByWallClock())
    }

    /// Whether a task runs on such a thread after it was suspended.
    private func isBlockingThread() async -> Bool {
        await Task.yield()
        return BlockingExecutor.isCurrent
    }
}
