import GRDB
import Migrations

extension RecordStore {
    /// Opens the database to take files in and to write what people decide, also while another process runs batches.
    ///
    /// Takes no lock, migrates nothing and recovers nothing: that is the runner's. Batches can be made and filled, moved
    /// to another state and queued again; claiming and finishing are refused.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - endpoint: The API's base URL; nil: whatever the database is bound to.
    /// - Returns: The store.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, another schema version, or a database
    ///   restored from before its ledger's mark, which a runner has to put right first.
    public static func openForOperating(
        path: String, sealingKeyPath: String, endpoint: String?
    ) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        try file.requireExistence()
        return try file.translating(.writing) {
            let pool = try file.openForWriting()
            let identity = try identity(in: pool)
            let sealingKey = try SealingKey.load(path: sealingKeyPath)
            try identity.check(sealingKey: sealingKey, endpoint: endpoint)
            try refuseRestored(pool, file, identity)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
                role: .operating, writer: Writer(pool: pool, mark: nil), lock: nil)
        }
    }

    /// The process that runs batches from a database: the one that holds its lock; nil when nobody does.
    ///
    /// - Throws: ``StoreError`` when the lock's file can't be looked at.
    public static func runnerProcess(ofDatabase path: String) throws -> Int32? {
        try StoreLock.holder(database: path)
    }

    /// The identity of a database of this version.
    static func identity(in pool: DatabasePool) throws -> StoreIdentity {
        let found = try pool.read { try Migrations.all.version(of: $0) }
        guard found == Migrations.all.version else {
            throw StoreError.schemaVersion(found: found, known: Migrations.all.version)
        }
        guard let identity = try pool.read({ try StoreIdentity.fetch($0) }) else { throw StoreError.unfinished }
        return identity
    }

    /// Nothing is decided on a copy before a runner has said what it doesn't know. The mark is read first: with a
    /// runner at work it follows the ledger and is never ahead of what is read after it.
    private static func refuseRestored(_ pool: DatabasePool, _ file: DatabaseFile, _ identity: StoreIdentity) throws {
        let marked = try LedgerMark.lastAttempt(ofDatabase: file.path, storeID: identity.storeID)
        let ledger = try pool.read { try lastAttempt($0) }
        guard LedgerReconciliation(mark: marked, ledger: ledger) != .whole else { return }
        throw StoreError(
            .notAllowed,
            "\(file.name) was restored from an earlier copy; a run or the daemon has to put it right first")
    }
}
