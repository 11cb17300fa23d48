import Basics
import Foundation
import JobRunner
import ServiceLifecycle
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("How the daemon's services begin, end and fail", .timeLimit(.minutes(15)))
struct LifeCycleTests {
    private static let start: WallTime = 1_772_000_000_000

    @Test("A part that fails for a reason of its own begins again, and only a store that fails ends it")
    func ownReasons() async throws {
        let bench = try await DaemonBench(at: Self.start, settings: "", jobs: [:])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let tries = Lock(0)
        let isThird = WakeSignal()
        let twice = ClosureService {
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            if number < 3 { throw StoreError(.notAllowed, "Batch 1 is cancelled") }
            isThird.wakeUp()
        }
        let part = ServiceGroup(endingInTurn: [.inTurn(DaemonPart("test", twice, until: StopSignal(), in: context))])
        try await bench.clock.whileTimePasses {
            async let end: Void = part.run()
            await isThird.wait()
            await part.triggerGracefulShutdown()
            try await end
        }
        #expect(bench.count(ofLogged: "a part of the daemon failed; it begins again") == 2)
        let broken = ClosureService { throw StoreError(.stateNotWritten, "The disk failed") }
        await #expect(throws: StoreError.self) {
            try await DaemonPart("test", broken, until: StopSignal(), in: context).run()
        }
        try await bench.end()
    }

    @Test("Services end in the reverse of their order, and a part that has nothing left to do waits for its turn")
    func order() async throws {
        let bench = try await DaemonBench(at: Self.start, settings: "", jobs: [:])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let ended = Lock([String]())
        let waiting = ["a", "b"].map { name in
            ClosureService {
                await WakeSignal().wait()
                ended.withLock { $0.append(name) }
            }
        }
        let done = ClosureService { ended.withLock { $0.append("done") } }
        let parts = [waiting[0], done, waiting[1]].map { DaemonPart("test", $0, until: StopSignal(), in: context) }
        let last = ClosureService {
            try await waitUntil { !ended.withLock(\.isEmpty) }
            ended.withLock { $0.append("last") }
        }
        try await ServiceGroup(
            endingInTurn: parts.map { .inTurn($0) } + [.inTurn(last, whenItEnds: .gracefullyShutdownGroup)]
        ).run()
        #expect(ended.withLock(\.self) == ["done", "last", "b", "a"])
        try await bench.end()
    }

    @Test("When the parts are to end all of them do, and each still waits for its turn")
    func allAtOnce() async throws {
        let bench = try await DaemonBench(at: Self.start, settings: "", jobs: [:])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let (ending, ended) = (StopSignal(), AsyncStream<Void>.makeStream())
        let waiting = ClosureService {
            await WakeSignal().wait()
            ended.continuation.yield()
        }
        let parts = (1...3).map { _ in DaemonPart("test", waiting, until: ending, in: context) }
        let last = ClosureService {
            ending.drain()
            // None of them has been told to end by the group.
            for await _ in ended.stream.prefix(3) {}
        }
        try await ServiceGroup(
            endingInTurn: parts.map { .inTurn($0) } + [.inTurn(last, whenItEnds: .gracefullyShutdownGroup)]
        ).run()
        try await bench.end()
    }

    @Test("A failure is told and limits the rest of the process's life, while a service still ignores the end")
    func failureWithStubbornService() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "notify: [sh, -c, 'cat >> told.jsonl']\n", jobs: [:])
        let (deadline, gate) = (ExitDeadline {}, AsyncStream<Void>.makeStream())
        let stubborn = ClosureService { _ = await Task.detached { for await _ in gate.stream {} }.value }
        try await bench.startDaemon(deadline: deadline, outer: [stubborn])
        #expect(!deadline.isSet)
        try #require(bench.context).store.refuseWrites()
        try await bench.pass { bench.count(ofLogged: "the daemon ends: nothing can be accounted for any more") > 0 }
        #expect(deadline.isSet)
        try await bench.settle { try bench.told().count == 1 }
        gate.continuation.finish()
        #expect(try await bench.failureOfDaemon() is StoreError)
        try await bench.end()
    }

    @Test("A graceful shutdown of the group stops the daemon as a signal does")
    func gracefulShutdown() async throws {
        let bench = try await DaemonBench(at: Self.start, settings: "", jobs: [:])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let supervisor = BatchSupervisor(context: context, reload: Reload(context: context, reloaded: WakeSignal()))
        let group = ServiceGroup(endingInTurn: [.inTurn(supervisor)])
        await group.triggerGracefulShutdown()
        // The bench's own daemon is stopped as well, and may close the database before this supervisor has ended.
        _ = try? await group.run()
        #expect(context.stop.isRaised && !context.stop.isAbandoning)
        try await bench.end()
    }
}

@Suite("A process that does not end in order", .timeLimit(.minutes(15)))
struct ExitDeadlineTests {
    /// What is set one after the other; one of them ends it at once.
    @Test(
        "The earliest of several deadlines counts",
        arguments: [
            [.zero], [.seconds(86_400), .zero], [.milliseconds(20), .seconds(86_400)],
            [.seconds(86_400), .milliseconds(20), .seconds(3_600)],
        ] as [[Duration]])
    func earliest(durations: [Duration]) async {
        let ended = WakeSignal()
        let deadline = ExitDeadline { ended.wakeUp() }
        #expect(!deadline.isSet)
        for duration in durations { deadline.set(duration) }
        #expect(deadline.isSet)
        await ended.wait()
    }

    @Test("A service that ignores that it is to end does not keep the process, which ends with 3")
    func stubbornService() async {
        await #expect(processExitsWith: .exitCode(3)) {
            // Neither a graceful shutdown nor a cancellation ends this one.
            let stubborn = ClosureService { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
            let work = ClosureService { ExitDeadline().set(.milliseconds(1)) }
            try await ServiceGroup(
                endingInTurn: [.inTurn(stubborn), .inTurn(work, whenItEnds: .gracefullyShutdownGroup)]
            ).run()
        }
    }
}
