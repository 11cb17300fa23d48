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

    /// Starts the thread.
    init(pool: DatabasePool, mark: LedgerMark) {
        let thread = Thread { [queue, ended] in
            Self.run(queue, pool, mark)
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
    func write<T: Sendable>(_ work: @escaping @Sendable (WriterConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { waiter in
            let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
                let value = try work(connection)
                return { waiter.resume(returning: value) }
            }
            queue.submit(WriteOperation(perform: perform, fail: { waiter.resume(throwing: $0) }))
        }
    }

    /// The same for a caller who can't await, while a store is being opened.
    func writeWaiting<T: Sendable>(_ work: @escaping @Sendable (WriterConnection) throws -> T) throws -> T {
        let outcome = Outcome<T>()
        let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
            let value = try work(connection)
            return { outcome.set(.success(value)) }
        }
        queue.submit(WriteOperation(perform: perform, fail: { outcome.set(.failure($0)) }))
        return try outcome.wait()
    }

    /// Writes what still waits, then ends the thread.
    func close() {
        queue.end(with: Self.closed)
        ended.wait()
        ended.signal()
    }

    private static func run(_ queue: WriteQueue, _ pool: DatabasePool, _ mark: LedgerMark) {
        do {
            try pool.writeWithoutTransaction { database in
                var commit = try GroupCommit(WriterConnection(database), mark)
                while let group = queue.next() {
                    commit.run(group)
                    if let failure = commit.failure { queue.end(with: failure) }
                }
            }
        } catch {
            let failure = StoreError.notWritten(because: error)
            queue.end(with: failure)
            while let group = queue.next() { group.forEach { $0.fail(failure) } }
        }
    }

    private static var closed: StoreError {
        StoreError(.closed, "The database has been closed; open it again before writing")
    }
}

/// A result handed from the writing thread to one that waits for it.
private final class Outcome<T: Sendable>: Sendable {
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
