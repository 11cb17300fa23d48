import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

/// A run that is about to end, and somebody else who moves its batch at one of the run's awaits.
@Suite("A run that somebody else overtakes", .timeLimit(.minutes(15)))
struct OvertakenRunTests {
    /// How the run would end by itself.
    enum Course: CaseIterable {
        case completes
        case halts
        case isCapped
        case isStopped
        case retriesInDoubt

        var configuration: RunnerConfiguration {
            RunnerBench.oneByOne { configuration in
                switch self {
                case .completes, .isStopped: break
                case .halts:
                    configuration.mostFailed = 1
                    configuration.failedOf = 2
                case .isCapped: configuration.batchCalls = 3
                case .retriesInDoubt: configuration.inDoubt = .retry
                }
            }
        }

        func reply(to call: ScriptedCall, _ stop: StopSignal) -> Reply {
            switch self {
            case .completes, .isCapped: return .success
            case .halts: return .rejected
            case .isStopped:
                if call.number == 3 { stop.drain() }
                return .success
            case .retriesInDoubt: return .reset
            }
        }
    }

    /// What somebody else does, in one step or two.
    static let interventions: [[BatchState]] = [[.paused], [.cancelled], [.paused, .running]]

    /// Before or after which of the run's operations on the store.
    struct Place: Sendable, CustomTestStringConvertible {
        let operation: WatchedStore.Operation
        let isBefore: Bool
        let number: Int

        var testDescription: String { "\(isBefore ? "before" : "after") \(operation) \(number)" }

        /// Each operation's, as often as a run may come to it.
        static let all = WatchedStore.Operation.allCases.flatMap { operation in
            [true, false].map { isBefore in
                (1...4).map { Place(operation: operation, isBefore: isBefore, number: $0) }
            }
        }
    }

    @Test(
        "Pause and cancel at every await never fail the run, and nothing is left under way",
        arguments: Course.allCases)
    func overtaken(course: Course) async throws {
        let bench = try await RunnerBench(records: 1)
        for places in Place.all {
            for moves in Self.interventions {
                // A run that does not come so far does not come further.
                for place in places {
                    guard try await expectNoFailure(course, place, moves, in: bench) else { break }
                }
            }
        }
    }

    @Test(
        "A pause or cancel while a halting batch awaits its last answers",
        arguments: [BatchState.paused, .cancelled])
    func whileHalting(state: BatchState) async throws {
        let bench = try await RunnerBench(records: 6)
        let configuration = RunnerBench.unhurried { configuration in
            configuration.concurrency = 3
            configuration.mostFailed = 1
            configuration.failedOf = 2
        }
        let submitter = bench.submitter { call in
            // The first answer opens the way for the others; these two halt the batch while the fourth is under way.
            guard call.number == 4 else { return call.number == 1 ? .success : .rejected }
            // A wait that fails shows in what the batch has become.
            try? await waitUntil { try await bench.counts.failed == 2 }
            try? await bench.store.setState(bench.batch, to: state, reason: "by hand")
            return .success
        }
        let end = try await bench.runner(configuration, submitter).run(bench.batch, stop: StopSignal())
        #expect(end == .stateChanged(to: state))
        let batch = try await bench.store.batch(bench.batch)
        #expect(batch.state == state && batch.reason == "by hand")
        #expect(batch.counts.succeeded == 2 && batch.counts.failed == 2 && batch.counts.inFlight == 0)
        #expect(submitter.calls.count == 4)
    }

    /// Whether the run came to the place at all.
    private func expectNoFailure(
        _ course: Course, _ place: Place, _ moves: [BatchState], in bench: RunnerBench
    ) async throws -> Bool {
        let id = try await bench.another(records: 4)
        let hasActed = Lock(false)
        let act: @Sendable (WatchedStore.Operation, Int, Bool) async throws -> Void = { operation, number, isBefore in
            guard operation == place.operation, number == place.number, isBefore == place.isBefore else { return }
            hasActed.withLock { $0 = true }
            // A batch that is over already is left as it is.
            for state in moves where try await bench.store.batch(id).state.successors.contains(state) {
                try await bench.store.setState(id, to: state, reason: "by hand")
            }
        }
        let store = WatchedStore(
            bench.store, before: { try await act($0, $1, true) }, after: { try await act($0, $1, false) })
        let stop = StopSignal()
        let submitter = bench.submitter { course.reply(to: $0, stop) }
        let context = Comment("\(course), \(place.testDescription), \(moves)")
        let end = try await bench.runner(course.configuration, submitter, keeping: store)
            .run(id, stop: stop, resuming: false)
        let batch = try await bench.store.batch(id)
        #expect(batch.counts.inFlight == 0, context)
        #expect(batch.counts.calls == submitter.calls.count, context)
        #expect(Self.agree(end, batch.state), "\(context): \(end), \(batch.state)")
        guard hasActed.withLock({ $0 }) else { return false }
        guard let last = moves.last, last != .running else { return true }
        // What a person decided stands, unless the batch had ended before.
        #expect(batch.state == last || [.completed, .halted].contains(batch.state), context)
        if case .stateChanged(let state) = end { #expect(state == batch.state, context) }
        return true
    }

    /// Whether a run's end says what the database says, or what it said when somebody else acted after it.
    private static func agree(_ end: RunEnd, _ state: BatchState) -> Bool {
        switch end {
        case .completed: [.completed, .running].contains(state)
        case .halted: [.halted, .paused, .cancelled, .running].contains(state)
        case .capped: [.paused, .running, .cancelled].contains(state)
        case .stopped, .rerunDone: true
        // Between the steps of a pause and a resume the run may see the pause.
        case .stateChanged(let now): now == state || (now == .paused && state == .running)
        }
    }
}
