import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Basics

@Suite("A semaphore by a clock that nobody sets", .timeLimit(.minutes(15)))
struct MonotonicSemaphoreTests {
    @Test("Signals given before are there, each for one wait")
    func counted() {
        let semaphore = MonotonicSemaphore()
        for _ in 0..<2 { semaphore.signal() }
        #expect(semaphore.wait(for: .zero))
        semaphore.wait()
        #expect(!semaphore.wait(for: .zero))
        #expect(!semaphore.wait(for: .seconds(-1)))
        #expect(!semaphore.wait(for: .milliseconds(1)))
    }

    @Test(
        "A signal ends a wait, with and without a limit", arguments: [nil, Duration.seconds(600), .seconds(Int64.max)])
    func signalled(limit: Duration?) async {
        let (semaphore, answer) = (MonotonicSemaphore(), MonotonicSemaphore())
        Thread {
            if let limit, !semaphore.wait(for: limit) { return }
            if limit == nil { semaphore.wait() }
            answer.signal()
        }.start()
        semaphore.signal()
        await BlockingWork.run { answer.wait() }
    }

    @Test("A wait that has begun goes by the monotonic clock, where Dispatch's goes by the wall clock")
    func clock() async throws {
        let semaphore = MonotonicSemaphore()
        let thread = try await Self.start { _ = semaphore.wait(for: .seconds(600)) }
        #expect(try await !thread.waitsByWallClock())
        semaphore.signal()

        let dispatch = DispatchSemaphore(value: 0)
        let other = try await Self.start { _ = dispatch.wait(timeout: .now() + 600) }
        #expect(try await other.waitsByWallClock(), "Dispatch's own will do where this fails")
        dispatch.signal()
    }

    /// A thread that does something that waits.
    private static func start(_ work: @escaping @Sendable () -> Void) async throws -> WaitingThread {
        let thread = await withCheckedContinuation { started in
            Thread {
                started.resume(returning: Result { try WaitingThread.current() })
                work()
            }.start()
        }
        return try thread.get()
    }
}
