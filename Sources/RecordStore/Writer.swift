import Dispatch
import Foundation
import GRDB

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
