import GRDB
internal import Synchronization

/// What a runner does on a full disk: it claims nothing, keeps the ends of calls until they can be written, and goes on by
/// itself when there is room. Whoever works beside it, and whoever opens a database, fails at once instead.
extension RecordStore {
    /// Whether the database's disk has room, as far as writing has shown.
    public var storageCondition: StorageCondition { writer?.storage.condition ?? .normal }

    /// Calls `body` when the disk is full and when it has room again, from a thread of the store; it must return at once.
    public func observeStorage(_ body: @escaping @Sendable (StorageCondition) -> Void) {
        writer?.storage.observe(body)
    }

    /// Returns when something can be written; at once unless the disk is full.
    ///
    /// - Throws: ``StoreError``; ``StoreError/Code/diskFull`` when nobody waits any more.
    public func waitForRoom() async throws {
        try await write { connection in
            try connection.database.execute(sql: "UPDATE ledger_position SET last_attempt = last_attempt")
        }
    }

    /// Proves that something can be written, now.
    ///
    /// - Parameter now: When the runner said so, in milliseconds since 1970 UTC; others read it.
    /// - Throws: ``StoreError``; ``StoreError/Code/diskFull`` at once while the disk is full.
    public func confirmWriting(at now: Int64) async throws {
        try requireRunning()
        try await write(patience: .none) { connection in
            try connection.database.execute(sql: "UPDATE runner SET updated_at = ?", arguments: [now])
        }
    }

    /// Lets nothing wait for room any more, now that the program is asked to stop: what waits is tried once more, and then
    /// fails with ``StoreError/Code/diskFull``.
    ///
    /// - Parameter exceptForEndsOfCalls: Whether ends of calls, which nobody else knows, wait on.
    public func stopWaitingForRoom(exceptForEndsOfCalls: Bool) {
        writer?.wait(for: exceptForEndsOfCalls ? .endsOfCalls : .nobody)
    }

    /// From when on writes wait: a store that is being opened says at once that there is no room.
    func waitForRoomFromNowOn() {
        writer?.wait(for: .everybody)
        // Another process that asks for the runner's status cannot be told by way of a database that takes nothing. A lock
        // file that cannot be written either says nothing then.
        observeStorage { [weak self] condition in self?.lock.withLock { try? $0?.note(condition) } }
    }

    /// From when on nothing but ends of calls is written once a file of the database is gone or another.
    ///
    /// - Throws: ``StoreError`` when a file can't be looked at.
    func watchOverFiles() throws {
        writer?.watch(over: try FilesInPlace(database: pool.path))
    }

    /// What the process that runs batches from a database says of its disk; normal where nobody does, or says nothing.
    ///
    /// - Throws: ``StoreError`` when the lock's file can't be looked at.
    public static func storageCondition(ofDatabase path: String) throws -> StorageCondition {
        try StoreLock.holder(database: path) == nil ? .normal : try StoreLock.condition(database: path)
    }
}
