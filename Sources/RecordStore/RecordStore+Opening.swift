public import Foundation
import GRDB
import Migrations
import OpenSSL

extension RecordStore {
    /// Opens the database to run batches; at most one process at a time holds it so.
    ///
    /// Takes `<database>.lock`; makes database and sealing key together when neither is there; copies the database
    /// to `<database>.v<old>.bak` before it migrates it; puts in doubt what a crash left open; and, when the ledger's
    /// mark says that the database was restored from before, pauses its unfinished batches and puts in doubt what may
    /// have been sent.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - endpoint: The API's base URL; a new database is bound to it, another's is refused.
    ///   - provenance: Who opens it; recorded with what recovery does.
    ///   - timeZone: The zone of `limits.time_zone`, by which a restored copy's lost calls count as today's.
    /// - Returns: The store; ``recovery`` says what was put right.
    /// - Throws: ``StoreError``: locked, wrong endpoint, sealing key, newer schema, or damaged.
    public static func openForRunning(
        path: String, sealingKeyPath: String, endpoint: String, provenance: Provenance, timeZone: TimeZone = .gmt
    ) throws -> RecordStore {
        try openForRunning(
            path: path, sealingKeyPath: sealingKeyPath, endpoint: endpoint, provenance: provenance,
            timeZone: timeZone, migrations: .all)
    }

    static func openForRunning(
        path: String, sealingKeyPath: String, endpoint: String, provenance: Provenance,
        timeZone: TimeZone = .gmt, migrations: Migrations
    ) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        return try file.translating(.writing) {
            try openForRunning(
                file, sealingKeyPath: sealingKeyPath, endpoint: endpoint, provenance: provenance, timeZone: timeZone,
                migrations: migrations)
        }
    }

    private static func openForRunning(
        _ file: DatabaseFile, sealingKeyPath: String, endpoint: String, provenance: Provenance, timeZone: TimeZone,
        migrations: Migrations
    ) throws -> RecordStore {
        let path = file.path
        try PrivateFile.createFolder(of: path)
        let lock = try StoreLock.take(database: path)
        try file.refuseLoss()
        let sealingKey = try sealingKey(sealingKeyPath, for: file)
        let pool = try file.openForWriting()
        try check(pool, sealingKey, endpoint: endpoint)
        try file.migrate(pool, with: migrations)
        let identity = try identity(in: pool, endpoint: endpoint, sealingKey: sealingKey)
        let mark = try LedgerMark(database: path, storeID: identity.storeID)
        let trail = try BatchTrail(database: path, isOwn: mark.lastAttempt() != nil)
        let store = RecordStore(
            pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
            role: .running, writer: Writer(pool: pool, mark: mark), trail: trail, lock: lock)
        store.recovery = try store.recover(
            mark: mark, trail: trail, provenance: provenance, today: CallDay(at: WallClock.now(), in: timeZone))
        try store.follow(trail)
        return store
    }

    /// Opens the database to read it, also while another process runs batches.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - endpoint: The API's base URL; nil: whatever the database is bound to.
    /// - Returns: The store; writing to it is refused.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, or another schema version.
    public static func openForReading(path: String, sealingKeyPath: String, endpoint: String?) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        return try file.translating(.reading) {
            let pool = try file.openForReading()
            let identity = try identity(in: pool)
            let sealingKey = try SealingKey.load(path: sealingKeyPath)
            try identity.check(sealingKey: sealingKey, endpoint: endpoint)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
                role: .reading, writer: nil, lock: nil)
        }
    }

    /// The key of an existing database must be there; a new database takes the key that is there, or gets a new one.
    private static func sealingKey(_ path: String, for file: DatabaseFile) throws -> SealingKey {
        let keyExists = FileManager.default.fileExists(atPath: path)
        if file.exists {
            if !keyExists { throw try missingKey(of: file) }
            return try SealingKey.load(path: path)
        }
        let key = keyExists ? try SealingKey.load(path: path) : try SealingKey.create(path: path)
        try file.create()
        return key
    }

    /// Refuses another key or endpoint before anything is changed.
    private static func check(_ pool: DatabasePool, _ sealingKey: SealingKey, endpoint: String) throws {
        let identity = try pool.read { try $0.tableExists("store") ? try StoreIdentity.fetch($0) : nil }
        try identity?.check(sealingKey: sealingKey, endpoint: endpoint)
    }

    private static func missingKey(of file: DatabaseFile) throws -> StoreError {
        let pool = try file.openForReading()
        let identity = try? pool.read { try StoreIdentity.fetch($0) }
        guard let identifier = identity?.sealingKeyID else { return StoreError.unfinished }
        return StoreError(
            .sealingKey, "The sealing key \(identifier) of \(file.name) is missing; put its file back at sealing_key")
    }

    private static func identity(
        in pool: DatabasePool, endpoint: String, sealingKey: SealingKey
    ) throws -> StoreIdentity {
        if let identity = try pool.read({ try StoreIdentity.fetch($0) }) {
            try identity.check(sealingKey: sealingKey, endpoint: endpoint)
            return identity
        }
        let identity = try StoreIdentity.make(endpoint: endpoint, sealingKey: sealingKey)
        try pool.write { try identity.insert($0) }
        return identity
    }
}
