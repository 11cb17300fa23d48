import Basics
package import Foundation
import GRDB
import Migrations
import OpenSSL

extension RecordStore {
    /// Opens the database to run batches; only one process at a time can hold it this way.
    ///
    /// Takes `<database>.lock`; creates database and sealing key together when both are missing; copies the database to
    /// `<database>.v<old>.bak` before migrating it; puts in doubt what a crash left open; and, when mark and trace show
    /// that the database was restored from an older copy, pauses its unfinished batches and puts in doubt what may have
    /// been sent. Where neither can vouch for what was sent, batches created from then on wait; see ``restoreHold()``.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - keysFolder: The folder in which the ledger's trace lies, `keys_folder`.
    ///   - endpoint: The API's base URL; a new database is bound to it, one bound to another is refused.
    ///   - provenance: Who opens it; recorded with what recovery does.
    ///   - timeZone: The zone of `limits.time_zone`, which decides the day that a restored copy's lost calls count on.
    /// - Returns: The store; ``recovery`` says what was repaired.
    /// - Throws: ``StoreError``: locked, wrong endpoint, wrong sealing key, newer schema, damaged, missing although its
    ///   mark or trace exists, or beside another database's mark or trace.
    package static func openForRunning(
        path: String, sealingKeyPath: String, keysFolder: String, endpoint: String, provenance: Provenance,
        timeZone: TimeZone = .gmt
    ) throws -> RecordStore {
        try openForRunning(
            path: path, sealingKeyPath: sealingKeyPath, keysFolder: keysFolder, endpoint: endpoint,
            provenance: provenance, timeZone: timeZone, migrations: .all)
    }

    static func openForRunning(
        path: String, sealingKeyPath: String, keysFolder: String, endpoint: String, provenance: Provenance,
        timeZone: TimeZone = .gmt, migrations: Migrations
    ) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        let places = LedgerPlaces(database: path, keysFolder: keysFolder)
        return try file.translating(.writing) {
            try openForRunning(
                file, places, sealingKeyPath: sealingKeyPath, endpoint: endpoint, provenance: provenance,
                timeZone: timeZone, migrations: migrations)
        }
    }

    private static func openForRunning(
        _ file: DatabaseFile, _ places: LedgerPlaces, sealingKeyPath: String, endpoint: String, provenance: Provenance,
        timeZone: TimeZone, migrations: Migrations
    ) throws -> RecordStore {
        let path = file.path
        try PrivateFile.createFolder(of: path)
        let lock = try StoreLock.take(database: path)
        try file.refuseLoss(places)
        let sealingKey = try sealingKey(sealingKeyPath, for: file)
        let pool = try file.openForWriting()
        let evidence = try examined(pool, sealingKey, endpoint: endpoint, file, places)
        try file.migrate(pool, with: migrations)
        let identity = try identity(in: pool, endpoint: endpoint, sealingKey: sealingKey)
        let found = try LedgerFiles.open(at: places, for: identity.storeID, sealingKey, after: evidence)
        let store = RecordStore(
            pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
            role: .running, writer: Writer(pool: pool, ledger: found.files), files: found.files, lock: lock)
        store.recovery = try store.recover(
            evidence, entries: found.entries, provenance: provenance,
            today: CallDay(at: WallClock.now(), in: timeZone))
        try store.follow(found.files, from: evidence)
        store.waitForRoomFromNowOn()
        try store.watchOverFiles()
        return store
    }

    /// Opens the database for reading, also while another process runs batches.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - sealingKeyPath: The sealing key's file.
    ///   - endpoint: The API's base URL; nil: whatever the database is bound to.
    /// - Returns: The store; writing to it is refused.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, or another schema version.
    package static func openForReading(path: String, sealingKeyPath: String, endpoint: String?) throws -> RecordStore {
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

    /// The key of an existing database must exist; a new database uses the existing key, or gets a new one.
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

    /// Refuses another key or endpoint, or another database's mark or trace, before anything is changed.
    ///
    /// - Returns: All evidence of how far the ledger got.
    private static func examined(
        _ pool: DatabasePool, _ sealingKey: SealingKey, endpoint: String, _ file: DatabaseFile, _ places: LedgerPlaces
    ) throws -> LedgerEvidence {
        let (identity, ledger) = try pool.read { database in
            let identity = try database.tableExists("store") ? try StoreIdentity.fetch(database) : nil
            return (identity, try identity.map { _ in try LedgerEvidence.Ledger(database) })
        }
        try identity?.check(sealingKey: sealingKey, endpoint: endpoint)
        let evidence = try places.evidence(of: ledger, identity?.storeID ?? [], sealingKey)
        if case .refused(let refusal) = LedgerReconciliation(evidence) {
            throw StoreError.refused(refusal, file, places)
        }
        return evidence
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
