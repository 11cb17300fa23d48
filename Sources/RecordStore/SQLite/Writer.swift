import Dispatch
import Foundation
import GRDB
import Synchronization

/// The thread that runs all writes, one transaction for everything that waits.
///
/// It holds the pool's only writing connection from beginning to end, so connection and statements never leave it.
/// A caller's cancellation changes nothing: what was submitted is written.
final class Writer: Sendable {
    private let queue = WriteQueue()
    private let ended = DispatchSemaphore(value: 0)

    /// What the thread finds of the disk.
    let storage = StorageWatch()

    /// Starts the thread. Without the files that keep count of the ledger nothing can be claimed. Nothing waits for room on a full disk until
    /// ``wait(for:)``.
    init(pool: DatabasePool, ledger: LedgerFiles?) {
        let thread = Thread { [queue, ended, storage] in
            Self.run(queue, pool, ledger, storage)
            ended.signal()
        }
        thread.name = "rollcall.store"
        thread.start()
    }

    deinit {
        queue.end(with: Self.closed)
    }

    /// Runs work in a transaction and gives back its result once that is committed.
    ///
    /// - Throws: What the work throws, which then leaves nothing behind; ``StoreError`` when state can't be written.
    func write<T: Sendable>(
        leavingCountersToTheGroup leavesCounters: Bool = false, patience: Patience = .untilStopped,
        _ work: @escaping @Sendable (WriterConnection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { waiter in
            let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
                let value = try work(connection)
                return { waiter.resume(returning: value) }
            }
            queue.submit(
                WriteOperation(
                    leavesCountersToTheGroup: leavesCounters, patience: patience, perform: perform,
                    fail: { waiter.resume(throwing: $0) }))
        }
    }

    /// The same for a caller who can't await, while a store is being opened.
    func writeWaiting<T: Sendable>(_ work: @escaping @Sendable (WriterConnection) throws -> T) throws -> T {
        let outcome = WriteOutcome<T>()
        let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
            let value = try work(connection)
            return { outcome.set(.success(value)) }
        }
        queue.submit(WriteOperation(perform: perform, fail: { outcome.set(.failure($0)) }))
        return try outcome.wait()
    }

    /// Says which operations wait for room on a full disk from now on.
    func wait(for operations: WaitingForRoom) { queue.wait(for: operations) }

    /// Writes nothing but ends of calls any more once one of these files is gone or another.
    func watch(over files: FilesInPlace) { queue.files = files }

    /// Refuses to go on once one of the files watched over is gone or another.
    func checkFiles() throws { try queue.files?.check() }

    /// Writes what still waits, then ends the thread.
    func close() {
        queue.end(with: Self.closed)
        ended.wait()
        ended.signal()
    }

    private static func run(
        _ queue: WriteQueue, _ pool: DatabasePool, _ ledger: LedgerFiles?, _ storage: StorageWatch
    ) {
        do {
            try pool.writeWithoutTransaction { database in
                var commit = try GroupCommit(
                    WriterConnection(database), ledger, storage: storage, probe: RoomProbe(database: pool.path),
                    waitingForRoom: { queue.waitingForRoom }, files: { queue.files })
                while let group = queue.next(within: commit.waitsForRoom ? GroupCommit.pause : nil) {
                    commit.run(group)
                    if let failure = commit.failure { queue.end(with: failure) }
                }
                commit.end()
                // So that the file alone is the whole database, and a copy of it complete, while nobody runs. A reader
                // may be in the way; then the next to open it goes on from the WAL. Beside a runner it is not to be
                // done: it would keep the runner from writing until the last reader is done.
                if ledger != nil { try? database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
                // Without it the bound is somewhat too high, which costs something only where the mark is lost.
                if commit.failure == nil { try? ledger?.settle() }
            }
        } catch {
            let failure = StoreError(error, while: .writing)
            queue.end(with: failure)
            while let group = queue.next() { group.forEach { $0.fail(failure) } }
        }
    }

    private static var closed: StoreError {
        StoreError(.closed, "The database has been closed; open it again before writing")
    }
}

/// What waits for the writing thread.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [WriteOperation] = []
        var end: StoreError?
        var waitingForRoom = WaitingForRoom.nobody
        var files: FilesInPlace?
        /// Whether the thread has to look again though nothing came.
        var isCalled = false
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    /// Which operations wait for room on a full disk.
    var waitingForRoom: WaitingForRoom { state.withLock { $0.waitingForRoom } }

    /// The files that have to be in place for anything to be written but ends of calls; nil: nobody watches over them.
    var files: FilesInPlace? {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }

    /// Adds work; when the queue has ended the work fails at once.
    func submit(_ operation: WriteOperation) {
        let end: StoreError? = state.withLock { state in
            if state.end == nil { state.waiting.append(operation) }
            return state.end
        }
        if let end { operation.fail(end) } else { arrival.signal() }
    }

    /// Waits for work and takes all there is; nil when the queue has ended and everything is taken.
    ///
    /// - Parameter pause: The longest wait; nil: as long as it takes.
    /// - Returns: The work; none after the longest wait, or when somebody asks the thread to look again.
    func next(within pause: DispatchTimeInterval? = nil) -> [WriteOperation]? {
        while true {
            var isLate = false
            if let pause { isLate = arrival.wait(timeout: .now() + pause) == .timedOut } else { arrival.wait() }
            let (work, mayGoOn, isOver) = state.withLock { state in
                defer { (state.waiting, state.isCalled) = ([], false) }
                return (state.waiting, state.isCalled || isLate, state.end != nil)
            }
            if !work.isEmpty { return work }
            if isOver { return nil }
            if mayGoOn { return [] }
        }
    }

    /// Takes no more work; later submissions fail with `error`. The first end is the one that counts.
    func end(with error: StoreError) {
        state.withLock { if $0.end == nil { $0.end = error } }
        arrival.signal()
    }

    /// Says which operations wait for room from now on.
    func wait(for operations: WaitingForRoom) {
        state.withLock { state in
            state.waitingForRoom = operations
            state.isCalled = true
        }
        arrival.signal()
    }
}

/// A piece of work for the writing thread, and who waits for it.
struct WriteOperation: Sendable {
    /// Whether it only adds to counters and never reads them, so that they can be written once for a whole group.
    var leavesCountersToTheGroup = false
    /// How long it waits for room on a full disk.
    var patience = Patience.untilStopped
    /// Does the work inside a transaction; what it gives back is called once that is committed. Called again, in a new
    /// transaction, when another operation of its group broke a rule, or when there was no room.
    let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void
    /// Called instead when nothing of the work was kept.
    let fail: @Sendable (any Error) -> Void
}

/// A result handed from the writing thread to one that waits for it.
final class WriteOutcome<T: Sendable>: Sendable {
    private let result = Mutex<Result<T, any Error>?>(nil)
    private let isSet = DispatchSemaphore(value: 0)

    func set(_ value: Result<T, any Error>) {
        result.withLock { $0 = value }
        isSet.signal()
    }

    func wait() throws -> T {
        isSet.wait()
        guard let result = result.withLock({ $0 }) else { preconditionFailure("set before it is signalled") }
        return try result.get()
    }
}
