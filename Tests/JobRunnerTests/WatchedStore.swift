import Basics
import RecordStore

@testable import JobRunner

/// A store in which a test can do something before and after an operation, or let it fail.
final class WatchedStore: RecordKeeping {
    struct DiskFull: Error {}

    enum Operation: Sendable, Hashable, CaseIterable { case claim, finish, requeue, moveBatch, saveLimiterState }

    /// Gets the operation and which of its kind it is, from 1.
    typealias Watch = @Sendable (Operation, Int) async throws -> Void

    /// Whether it passes for one of a server.
    let isAtServer: Bool
    private let trouble: @Sendable () -> String?
    private let store: RecordStore
    private let before: Watch
    private let after: Watch
    private let numbers = Lock<[Operation: Int]>([:])
    /// How long calls of another node may still be under way, each time that is asked; until then the policy queues nothing.
    let callsElsewhere = Lock<[Duration]>([])
    private let areCallsUnderWay = Lock(false)
    /// When the calls of each of the next claims may leave.
    let windows = Lock<[SendingWindow]>([])

    init(
        _ store: RecordStore, isAtServer: Bool = false, trouble: @escaping @Sendable () -> String? = { nil },
        before: @escaping Watch = { _, _ in }, after: @escaping Watch = { _, _ in }
    ) {
        self.trouble = trouble
        self.store = store
        self.isAtServer = isAtServer
        self.before = before
        self.after = after
    }

    /// Lets the operation through `times` times, then fails it for good.
    convenience init(_ store: RecordStore, failing: Operation, after times: Int) {
        self.init(
            store,
            before: { operation, number in
                if operation == failing, number > times { throw DiskFull() }
            })
    }

    /// How often an operation was asked for.
    func count(_ operation: Operation) -> Int { numbers.withLock { $0[operation, default: 0] } }

    var serverTrouble: String? { trouble() }
    func batch(_ id: BatchID) async throws -> Batch { try await store.batch(id) }
    func progress(_ batch: BatchID) async throws -> BatchCounts { try await store.progress(batch) }
    func awaitsCalls(_ batch: BatchID, of rerun: RerunNumber) async throws -> Bool {
        try await store.awaitsCalls(batch, of: rerun)
    }
    func learnAnswers() async throws { try await store.learnAnswers() }
    func takeFailuresInARow() -> FailuresInARow? { store.takeFailuresInARow() }
    func waitForRoom() async throws { try await store.waitForRoom() }
    func hastenRetries(of batch: BatchID, to latest: WallTime) async throws {
        try await store.hastenRetries(of: batch, to: latest)
    }
    func limiterState() async throws -> LimiterState? { try await store.limiterState() }
    func recentAnswers() async throws -> [AnswerReference] { try await store.recentAnswers() }
    func bringForward(_ batch: BatchID, of rerun: RerunNumber?) async throws -> [RecordID] {
        try await store.bringForward(batch, of: rerun)
    }

    func claim(
        _ batch: BatchID, upTo count: Int, now: WallTime, dueBy: WallTime?, caps: CallCaps, of rerun: RerunNumber?,
        awaitingProof awaitsProof: Bool, finishing completions: [Completion]
    ) async throws -> Claim {
        try await watched(.claim) {
            let claim = {
                let claim = try await self.store.claim(
                    batch, upTo: count, now: now, dueBy: dueBy, caps: caps, of: rerun, awaitingProof: awaitsProof,
                    finishing: completions)
                return self.givingWindow(to: claim)
            }
            return completions.isEmpty ? try await claim() : try await self.watched(.finish, claim)
        }
    }

    /// A claim as one of several runners makes it.
    private func givingWindow(to claim: Claim) -> Claim {
        let window = windows.withLock { $0.isEmpty || claim.records.isEmpty ? nil : $0.removeFirst() }
        guard let window else { return claim }
        let records = claim.records.map { record in
            ClaimedRecord(
                id: record.id, attempt: record.attempt, number: record.number, spentAttempts: record.spentAttempts,
                recordID: record.recordID, rawRow: record.rawRow, window: window)
        }
        return Claim(
            records: records, cappedBy: claim.cappedBy, nextReadyAt: claim.nextReadyAt, exhausted: claim.exhausted,
            state: claim.state, held: claim.held, reused: claim.reused, passed: claim.passed, obstacle: claim.obstacle)
    }

    func finish(_ completions: [Completion]) async throws -> Int {
        try await watched(.finish) { try await self.store.finish(completions) }
    }

    func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        guard !areCallsUnderWay.withLock({ $0 }) else { return 0 }
        return try await watched(.requeue) { try await self.store.requeue(batch, selection) }
    }

    func timeUntilCallsEnded(of batch: BatchID) async throws -> Duration? {
        let left = callsElsewhere.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        areCallsUnderWay.withLock { $0 = left != nil }
        return left
    }

    func moveBatch(
        _ batch: BatchID, from states: Set<BatchState>, to state: BatchState, reason: String?, noting action: Action?
    ) async throws -> Bool {
        try await watched(.moveBatch) {
            try await self.store.moveBatch(batch, from: states, to: state, reason: reason, noting: action)
        }
    }

    func saveLimiterState(_ state: LimiterState) async throws {
        try await watched(.saveLimiterState) { try await self.store.saveLimiterState(state) }
    }

    private func watched<T>(_ operation: Operation, _ body: () async throws -> T) async throws -> T {
        let number = numbers.withLock { numbers in
            numbers[operation, default: 0] += 1
            return numbers[operation, default: 0]
        }
        try await before(operation, number)
        let result = try await body()
        try await after(operation, number)
        return result
    }
}
