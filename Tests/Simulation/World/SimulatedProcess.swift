import Basics

@testable import JobRunner
@testable import RecordStore

/// One life of the program, from its start to its end: what it knows dies with it.
final class SimulatedProcess: Sendable {
    /// Counted from 1.
    let number: Int
    let traffic: EndpointTraffic
    let stop = StopSignal()
    let mailbox = Mailbox<Message>()
    /// Raised when it is killed.
    let death = StopSignal()

    enum Message: Sendable {
        case look
        case ended(BatchID, hasFailed: Bool)
    }

    init(number: Int, in world: World) {
        self.number = number
        traffic = EndpointTraffic(configuration: world.plan.contract, clock: world.clock)
    }

    /// Whether it was killed: it sends and writes nothing any more.
    var isDead: Bool { death.isRaised }
}

/// The process that acted is dead.
struct ProcessDied: Error {}

/// Makes a process's calls.
struct SimulatedSubmitter: RecordSubmitter {
    let api: SimulatedAPI
    let process: SimulatedProcess

    func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant?) async -> Reply {
        let raw = request.reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return await api.answer(RecordID(rawValue: raw), from: process)
    }
}

/// A record's request is its row.
struct RowIsRequest: RequestBuilding {
    func request(for record: ClaimedRecord) throws -> [UInt8] { record.rawRow }
}

/// The store as one process reaches it: each access takes a while before and after its transaction, and one of a dead
/// process does nothing.
struct StoreOfProcess: RecordKeeping {
    let world: World
    let process: SimulatedProcess
    let isAtServer = false
    let serverTrouble: String? = nil

    func access<Value>(
        needsRoom: Bool = true, _ body: (inout SimulatedStore.State) throws -> Value
    ) async throws -> Value {
        await world.clock.sleep(for: world.diskLatency())
        if needsRoom { try await waitForRoom() }
        guard !process.isDead else { throw ProcessDied() }
        let value = try world.store.state.withLock { try body(&$0) }
        await world.clock.sleep(for: world.diskLatency())
        guard !process.isDead else { throw ProcessDied() }
        return value
    }

    func batch(_ id: BatchID) async throws -> Batch { try await access(needsRoom: false) { $0[id].view } }

    func claim(
        _ batch: BatchID, upTo count: Int, now: WallTime, dueBy: WallTime?, caps: CallCaps, of rerun: RerunNumber?,
        awaitingProof awaitsProof: Bool, finishing completions: [Completion]
    ) async throws -> Claim {
        try await access(needsRoom: false) { state in
            guard state.fullUntil <= world.clock.monotonic else { throw StoreError(.diskFull, "There is no room") }
            _ = state.finish(completions)
            let claim = state.claim(batch, upTo: count, now: now, dueBy: dueBy ?? now, caps: caps, of: rerun)
            world.findings.expect(state[batch].isConsistent, "a batch's counters are not those of its records")
            return claim
        }
    }

    func hastenRetries(of batch: BatchID, to latest: WallTime) async throws {
        try await access { state in
            for place in state[batch].lines.indices {
                guard let time = state[batch].lines[place].notBefore, time < NextStep.behindAll else { continue }
                state[batch].lines[place].notBefore = min(time, latest)
            }
        }
    }

    func finish(_ completions: [Completion]) async throws -> Int { try await access { $0.finish(completions) } }

    /// It is the world's only runner, and knows of its own.
    func timeUntilCallsEnded(of batch: BatchID) async throws -> Duration? { nil }

    func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        try await access { $0.requeue(batch, selection).count }
    }

    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?, noting action: Action?
    ) async throws -> Bool {
        try await access { $0.move(batch, from: states, to: state, reason: reason) }
    }

    func progress(_ batch: BatchID) async throws -> BatchCounts {
        try await access(needsRoom: false) { $0[batch].counts }
    }

    func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) async throws -> Bool {
        try await access(needsRoom: false) { state in
            state[batch].lines.contains { $0.rerun == rerun.rawValue && [.queued, .inFlight].contains($0.status) }
        }
    }

    func learnAnswers() async throws {}

    func bringForward(_ batch: BatchID, of rerun: RerunNumber?) async throws -> [RecordID] {
        try await access { state in
            let places = state[batch].lines.indices.filter { place in
                state[batch].lines[place].notBefore == NextStep.behindAll
                    && state[batch].lines[place].isWaiting(for: rerun)
            }
            for place in places { state[batch].lines[place].notBefore = NextStep.atOnce }
            return places.map { state[batch].record(at: $0) }
        }
    }

    func recentAnswers() async throws -> [AnswerReference] { try await access(needsRoom: false) { $0.answers } }

    /// There is one runner.
    func takeFailuresInARow() -> FailuresInARow? { nil }

    func waitForRoom() async throws {
        while true {
            let full = world.store.state.withLock { $0.fullUntil }
            guard full > world.clock.monotonic, !process.isDead else { return }
            await world.clock.sleep(until: full)
            if Task.isCancelled { return }
        }
    }

    func limiterState() async throws -> LimiterState? { try await access(needsRoom: false) { $0.limiter } }

    func saveLimiterState(_ state: LimiterState) async throws { try await access { $0.limiter = state } }
}
