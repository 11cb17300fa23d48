import RecordStore
import Synchronization

@testable import JobRunner

/// A store that breaks when a test says so.
final class FailingStore: RecordKeeping {
    struct DiskFull: Error {}

    enum Operation: Sendable { case claim, finish, setState, saveLimiterState }

    private let store: RecordStore
    private let failing: Operation
    private let remaining: Mutex<Int>

    /// Lets the operation through `times` times, then fails it for good.
    init(_ store: RecordStore, failing: Operation, after times: Int) {
        self.store = store
        self.failing = failing
        remaining = Mutex(times)
    }

    func batch(_ id: BatchID) throws -> Batch { try store.batch(id) }
    func progress(_ batch: BatchID) throws -> BatchCounts { try store.progress(batch) }
    func limiterState() throws -> LimiterState? { try store.limiterState() }

    func claim(_ batch: BatchID, upTo count: Int, now: Int64, caps: CallCaps) async throws -> Claim {
        try pass(.claim)
        return try await store.claim(batch, upTo: count, now: now, caps: caps)
    }

    func finish(_ completions: [Completion]) async throws -> Int {
        try pass(.finish)
        return try await store.finish(completions)
    }

    func requeue(_ batch: BatchID, _ selection: RequeueSelection) async throws -> Int {
        try await store.requeue(batch, selection)
    }

    func setState(_ batch: BatchID, to state: BatchState, reason: String?) async throws {
        try pass(.setState)
        try await store.setState(batch, to: state, reason: reason)
    }

    func saveLimiterState(_ state: LimiterState) async throws {
        try pass(.saveLimiterState)
        try await store.saveLimiterState(state)
    }

    private func pass(_ operation: Operation) throws {
        guard operation == failing else { return }
        let isLeft = remaining.withLock { remaining in
            remaining -= 1
            return remaining >= 0
        }
        if !isLeft { throw DiskFull() }
    }
}
