import Basics
package import Foundation

/// The database: batches, records, the ledger, results, all sealed.
///
/// A dedicated thread performs all writes and commits everything queued together. A writing call returns once its
/// change would survive a power cut, and cancelling the caller's task does not undo it. Readers run concurrently, in
/// this process and in others.
package final class RecordStore: Sendable {
    let database: any StoreDatabase
    let keys: StoreKeys
    private let role: StoreRole
    let writer: Writer?
    let lock: Lock<StoreLock?>
    private let found = Lock(RecoveryReport())
    private let dataKeys = Lock(DataKeyCache())
    /// Where batches are named before their first claim; nil when this store claims none.
    let files: LedgerFiles?
    /// The name of the node that this installation is; nil where there is one runner only.
    let runnerName: String?
    /// Whether all nodes share the folders of input and output, so that any goes on with what another had not finished.
    package let sharesFolders: Bool
    /// Which of several runners this is, with its beat; nil: the only one there can be.
    let membership: Lock<NodeMembership?>
    /// What this node's last failure made of the rows of all.
    let failures = Lock<FailuresInARow?>(nil)
    /// The batches already named there.
    let announced = Lock<Set<BatchID>>([])
    /// Up to where this process has read files in, so that lines which a server lost are not passed over.
    let readUpTo = Lock<[BatchID: Checkpoint]>([:])

    init(
        database: any StoreDatabase, keys: StoreKeys, role: StoreRole, writer: Writer?, files: LedgerFiles? = nil,
        runnerName: String? = nil, sharesFolders: Bool = false, lock: consuming sending StoreLock?
    ) {
        self.database = database
        self.keys = keys
        self.role = role
        self.writer = writer
        self.files = files
        (self.runnerName, self.sharesFolders) = (runnerName, sharesFolders)
        membership = Lock(nil)
        self.lock = Lock(lock)
    }

    /// What opening for running found and repaired.
    package internal(set) var recovery: RecoveryReport {
        get { found.withLock { $0 } }
        set { found.withLock { $0 = newValue } }
    }

    /// Writes what is still queued, closes the database and releases the lock. The store cannot be used afterwards.
    ///
    /// - Throws: ``StoreError`` when the database can't be closed, for instance while it is being read.
    package func close() async throws {
        try await BlockingWork.run { try closeWaiting() }
    }

    /// Whether a server keeps the database, and all that becomes of rows that are overwritten there.
    package var isAtServer: Bool { database is PostgreSQLDatabase }

    /// Why the database's server is waited for now, for the operator; nil: it is not.
    package var serverTrouble: String? {
        let trouble = (database as? PostgreSQLDatabase)?.writer.trouble.withLock { $0 }
        return trouble.map { StoreError($0, while: .writing).message }
    }

    /// Which of several runners this is; nil: the only one there can be.
    var node: Node? { membership.withLock { $0?.node } }

    /// The same for a caller that may block.
    func closeWaiting() throws {
        let left = membership.withLock { membership in
            defer { membership = nil }
            return membership
        }
        left?.beat.stop()
        // Where it cannot be written, the lease ends by itself; and so it does where answers are left to be delivered, so
        // that the node does not count as one that ended in order.
        if let node = left?.node, (try? node.spool.isEmpty) ?? false { try? writeWaiting { try $0.endLease(of: node) } }
        writer?.close()
        do {
            try database.close()
        } catch {
            throw StoreError(
                .notAllowed, "The database is still being read and cannot be closed; end the reading first")
        }
        lock.withLock { $0 = nil }
        left?.node.folder.release()
    }

    /// Refuses what only the runner may do: it alone holds the lock and keeps the ledger's high-water mark.
    func requireRunning() throws {
        guard role != .operating else { throw StoreError.runnerOnly }
    }

    /// Runs work on the writing thread, in a transaction.
    func write<T: Sendable>(
        leavingCountersToTheGroup leavesCounters: Bool = false, patience: Patience = .untilStopped,
        _ work: @escaping @Sendable (WriterConnection) throws -> T
    ) async throws -> T {
        guard let writer else { throw StoreError.readOnly }
        return try await writer.write(leavingCountersToTheGroup: leavesCounters, patience: patience, work)
    }

    /// The same for a caller that cannot await.
    func writeWaiting<T: Sendable>(_ work: @escaping @Sendable (WriterConnection) throws -> T) throws -> T {
        guard let writer else { throw StoreError.readOnly }
        return try writer.writeWaiting(work)
    }

    /// Reads beside the writer, in one transaction, on a thread that may block. Cancelling the task does not end it.
    func read<T>(_ work: (StoreConnection) throws -> T) async throws -> T {
        try await BlockingWork.run { try readWaiting(work) }
    }

    /// The same for a caller that may block.
    func readWaiting<T>(_ work: (StoreConnection) throws -> T) throws -> T {
        do {
            return try StoreError.translating(.reading) { try database.read(work) }
        } catch let error as StoreError where error.isFatal {
            // That a file is missing tells more than the engine's error for it.
            try writer?.checkFiles()
            throw error
        }
    }

    /// A batch's key, unwrapped once and cached while the batch is in use: a cached one is returned without suspending.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound`` when there is no such batch, and
    ///   ``StoreErrorCode/purged`` when it was purged.
    func dataKey(of batch: BatchID) async throws -> DataKey {
        if let key = cachedKey(of: batch) { return key }
        return try await BlockingWork.run { try dataKeyWaiting(of: batch) }
    }

    /// The same for a caller that may block.
    func dataKeyWaiting(of batch: BatchID) throws -> DataKey {
        guard let key = try existingDataKey(of: batch) else {
            try readWaiting { database in
                try StoreError.refusePurged(database, batch, .results)
                try StoreError.refuseDestroyed(database, batch)
            }
            throw StoreError(.notFound, "Batch \(batch) does not exist or was erased; nothing of it can be read")
        }
        return key
    }

    /// The same, nil when there is none; it may block.
    func existingDataKey(of batch: BatchID) throws -> DataKey? {
        if let key = cachedKey(of: batch) { return key }
        guard let wrapped = try readWaiting({ try WrappedDataKey.fetch($0, batch) }) else { return nil }
        let key = try wrapped.unwrap(with: keys)
        dataKeys.withLock { $0.keep(key, of: batch) }
        return key
    }

    /// Forgets the batches' keys, after some were destroyed.
    func forgetDataKeys() { dataKeys.withLock { $0 = DataKeyCache() } }

    /// Forgets a batch's key, which was destroyed.
    func dropKey(of batch: BatchID) {
        dataKeys.withLock { $0.drop(batch) }
    }

    private func cachedKey(of batch: BatchID) -> DataKey? { dataKeys.withLock { $0.key(of: batch) } }
}

/// Reads for code that already runs on a thread that may block, as `BlockingWork` provides, and cannot await.
package struct BlockingReads: Sendable {
    let store: RecordStore
}

extension RecordStore {
    /// Reads for a caller that may block.
    package var blockingReads: BlockingReads { BlockingReads(store: self) }
}

/// What a store was opened for.
enum StoreRole {
    /// To be read.
    case reading
    /// To take in files and record operators' decisions beside a runner.
    case operating
    /// To run batches; this store holds the lock.
    case running
}

extension TimeZone {
    /// The zone's name as people and settings write it: what Foundation calls GMT is UTC.
    package var displayName: String { identifier == "GMT" ? "UTC" : identifier }
}
