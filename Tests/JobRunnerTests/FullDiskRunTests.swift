import Basics
import GRDB
import RecordStore
import TestSupport
import Testing

@testable import JobRunner
@testable import RecordStore

@Suite("A run on a full disk", .timeLimit(.minutes(15)))
struct FullDiskRunTests {
    /// An answer for which the database has to grow.
    private static let large = Reply(
        .answered(status: 200, body: .answer(.init(Array(repeating: 120, count: 100_000))), retryAfter: nil))

    private static func limit(_ store: RecordStore, isFull: Bool) async throws {
        try await store.write { connection in
            let pages = try Int.fetchOne(connection.database, sql: "PRAGMA page_count") ?? 0
            try connection.database.execute(sql: "PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
        }
    }

    private static func untilFull(_ store: RecordStore) async throws {
        try await waitUntil { store.storageCondition != .normal }
    }

    /// A run whose third call finds the disk full when it ends, while the fourth is under way.
    private func start(_ bench: RunnerBench, _ stop: StopSignal) -> (Task<RunEnd, any Error>, ScriptedSubmitter) {
        let (fourth, full) = (Signal(), Signal())
        let submitter = bench.submitter { call in
            switch call.number {
            case 3:
                // Once the disk is full nothing is claimed, and the second call may still have to end.
                await fourth.wait()
                try? await Self.limit(bench.store, isFull: true)
                full.give()
            case 4:
                fourth.give()
                await full.wait()
            default: break
            }
            return call.number < 3 ? .success : Self.large
        }
        let runner = bench.runner(RunnerBench.unhurried { $0.concurrency = 2 }, submitter)
        return (Task { try await runner.run(bench.batch, stop: stop) }, submitter)
    }

    @Test("It claims nothing, keeps the answers it has, and continues by itself: each record is called once")
    func goesOn() async throws {
        let bench = try await RunnerBench(records: 8)
        let (run, submitter) = start(bench, StopSignal())
        try await Self.untilFull(bench.store)
        // The answers of those under way are kept; their records stay in flight, which no claim takes.
        #expect(submitter.calls.count == 4)
        #expect(try await bench.counts.succeeded == 2)
        try await Self.limit(bench.store, isFull: false)
        #expect(try await run.value == .completed)
        #expect(submitter.calls.count == 8)
        #expect(try await bench.statuses() == Array(repeating: .succeeded, count: 8))
        #expect(try await bench.counts.calls == 8)
    }

    @Test("Asked to stop, it waits for its answers alone; where there is room again they are written")
    func drains() async throws {
        let bench = try await RunnerBench(records: 8)
        let stop = StopSignal()
        stop.limitWaiting(in: bench.store)
        let (run, submitter) = start(bench, stop)
        try await Self.untilFull(bench.store)
        stop.drain()
        try await Self.limit(bench.store, isFull: false)
        #expect(try await run.value == .stopped)
        let counts = try await bench.counts
        #expect(counts.succeeded == submitter.calls.count && counts.inFlight == 0 && counts.inDoubt == 0)
    }

    @Test("Told to leave at once, it gives its answers up and says that the disk is full")
    func abandons() async throws {
        let bench = try await RunnerBench(records: 8)
        let stop = StopSignal()
        stop.limitWaiting(in: bench.store)
        let (run, submitter) = start(bench, stop)
        try await Self.untilFull(bench.store)
        stop.abandon()
        let error = await #expect(throws: StoreError.self) { try await run.value }
        #expect(error?.code == .diskFull)
        let counts = try await bench.counts
        #expect(counts.inFlight > 0 && counts.calls == submitter.calls.count)
    }

    @Test("No claim is asked for while there is no room, and calls under way continue")
    func state() {
        var state = RunState(concurrency: 4)
        state.foundRoom(false)
        #expect(state.step(at: 0) == .wait(until: nil))
        state.foundRoom(true)
        #expect(state.step(at: 0) == .claim(upTo: 4))
    }
}
