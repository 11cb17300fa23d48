import Basics
import Foundation
import GRDB
import Migrations
import OpenSSL

/// Opens one SQLite database for what a process is to do with it. Everything here blocks.
struct SQLiteOpening: StoreOpening {
    let description: StoreDescription
    let file: DatabaseFile
    let places: LedgerPlaces
    /// Called before each step that brings keys to `keys_folder`; what it throws ends it there.
    var beforeKeyStep: @Sendable () throws -> Void = {}

    init(_ description: StoreDescription, path: String) {
        self.description = description
        file = DatabaseFile(path: path)
        places = LedgerPlaces(database: path, keysFolder: description.keysFolder)
    }
}

/// For running batches.
extension SQLiteOpening {
    /// Takes `<database>.lock`; creates database and sealing key together when both are missing; copies the database to
    /// `<database>.v<old>.bak` before migrating it; and repairs what mark and trace show to be missing in it.
    ///
    /// - Parameter provenance: Who opens it; recorded with what recovery does.
    /// - Returns: The store.
    /// - Throws: ``StoreError``; see ``StoreDescription/openForRunning(_:)``.
    func openForRunning(_ provenance: Provenance) throws -> RecordStore {
        try openForRunning(provenance, migrations: .all)
    }

    /// The same, with other steps to this version.
    func openForRunning(_ provenance: Provenance, migrations: Migrations) throws -> RecordStore {
        guard let endpoint = description.endpoint else {
            throw StoreError(.notAllowed, "A database is run against one endpoint only; name it")
        }
        return try file.translating(.writing) {
            try openForRunning(provenance, endpoint: endpoint, migrations: migrations)
        }
    }

    private func openForRunning(
        _ provenance: Provenance, endpoint: String, migrations: Migrations
    ) throws -> RecordStore {
        try PrivateFile.createFolder(of: file.path)
        let lock = try StoreLock.take(database: file.path)
        try file.refuseLoss(places)
        let ring = try loadOrCreateKey()
        let pool = try file.openForWriting()
        try refuseMoved(pool)
        let evidence = try examined(pool, ring, endpoint: endpoint)
        try migrate(pool, ring, with: migrations)
        let identity = try identityOrNew(in: pool, endpoint: endpoint, ring)
        let keys = keys(of: identity, ring)
        _ = try keys.fingerprints()
        let found = try LedgerFiles.open(at: places, for: identity.storeID, ring, after: evidence)
        let database = SQLiteDatabase(pool: pool)
        let store = RecordStore(
            database: database, keys: keys, role: .running, writer: Writer(database: database, ledger: found.files),
            files: found.files, lock: lock)
        try store.settlePeriodKeys()
        store.recovery = try store.recover(
            evidence, entries: found.entries, provenance: provenance,
            today: CallDay(at: WallTime.now(), in: description.timeZone))
        try store.follow(found.files, from: evidence)
        store.waitForRoomFromNowOn()
        try store.watchOverFiles()
        return store
    }

    /// The key of an existing database must exist; a new database uses the existing key, or gets a new one where that
    /// is to be a file.
    private func loadOrCreateKey() throws -> SealingKeyRing {
        let source = description.sealingKey
        if let path = source.path, !source.isAvailable() {
            if file.exists { throw try missingKey() }
            _ = try SealingKey.create(path: path)
        }
        let ring = try source.load()
        if !file.exists { try file.create() }
        return ring
    }

    /// Migrates, and brings the keys of an old database to `keys_folder`. Only the runner does so: it alone has the
    /// lock.
    private func migrate(_ pool: DatabasePool, _ ring: SealingKeyRing, with migrations: Migrations) throws {
        let keys = KeysMigration(
            source: description.sealingKey, folder: description.keys, ring: ring, beforeStep: beforeKeyStep)
        try file.migrate(pool, with: migrations, preparing: keys.preparations)
    }

    private func keys(of identity: StoreIdentity, _ ring: SealingKeyRing? = nil) -> StoreKeys {
        StoreKeys(source: description.sealingKey, folder: description.keys, storeID: identity.storeID, ring: ring)
    }

    /// Refuses another key or endpoint, or another database's mark or trace, before anything is changed.
    ///
    /// - Returns: All evidence of how far the ledger got.
    private func examined(
        _ pool: DatabasePool, _ ring: SealingKeyRing, endpoint: String
    ) throws -> LedgerEvidence {
        let (identity, ledger) = try pool.read { database in
            let connection = StoreConnection(database)
            let identity = try database.tableExists("store") ? try StoreIdentity.fetch(connection) : nil
            return (identity, try identity.map { _ in try LedgerEvidence.Ledger(connection) })
        }
        try identity?.check(endpoint: endpoint)
        try identity?.check(ring, description.keys)
        let evidence = try places.evidence(of: ledger, identity?.storeID ?? [], ring)
        if case .refused(let refusal) = LedgerReconciliation(evidence) {
            throw StoreError.refused(refusal, file, places)
        }
        return evidence
    }

    private func missingKey() throws -> StoreError {
        let pool = try file.openForReading()
        let identity = try StoreError.translating(.reading) {
            try pool.read { connection -> StoreIdentity? in
                let database = StoreConnection(connection)
                return try database.columns(of: "store").isEmpty ? nil : StoreIdentity.fetch(database)
            }
        }
        guard let identity else { return StoreError.unfinished }
        guard let identifier = try identity.sealingKeyID(description.keys).map({ Hexadecimal.encode($0) }) else {
            return StoreError.fingerprintKeyMissing(description.keysFolder)
        }
        return StoreError(
            .sealingKey, "The sealing key \(identifier) of \(file.name) is missing; put its file back at sealing_key")
    }

    private func identityOrNew(
        in pool: DatabasePool, endpoint: String, _ ring: SealingKeyRing
    ) throws -> StoreIdentity {
        if let identity = try pool.read({ try StoreIdentity.fetch(StoreConnection($0)) }) { return identity }
        let identity = StoreIdentity(storeID: try description.newStoreID(ring), endpoint: endpoint)
        try pool.write { try identity.insert(StoreConnection($0)) }
        return identity
    }
}

/// Beside the process that runs batches.
extension SQLiteOpening {
    /// Takes no lock and writes nothing.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/openForReading()``.
    func openForReading() throws -> RecordStore {
        try file.translating(.reading) {
            let pool = try file.openForReading()
            let keys = keys(of: try checkedIdentity(in: pool))
            if description.sealingKey.isAvailable() { _ = try keys.fingerprints() }
            return RecordStore(
                database: SQLiteDatabase(pool: pool), keys: keys, role: .reading, writer: nil, lock: nil)
        }
    }

    /// Takes no lock, migrates nothing and recovers nothing.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/openForOperating()``.
    func openForOperating() throws -> RecordStore {
        try file.requireExistence()
        return try file.translating(.writing) {
            try file.refuseLoss(places)
            let database = SQLiteDatabase(pool: try file.openForWriting())
            let keys = keys(of: try checkedIdentity(in: database.pool))
            // A runner has examined the database, and most decisions need no key.
            if try description.sealingKey.isAvailable() || runnerProcess() == nil {
                _ = try keys.fingerprints()
                try refuseRestored(database, keys.storeID, keys.ring())
            }
            return RecordStore(
                database: database, keys: keys, role: .operating, writer: Writer(database: database, ledger: nil),
                lock: nil)
        }
    }

    /// Whether its file is there.
    func exists() -> Bool { file.exists }

    /// Why no new database is created: mark or trace shows that there was one. Nil when it exists or never did.
    func loss() -> StoreError? { file.loss(places) }

    /// The process that holds the lock; nil when none does.
    ///
    /// - Throws: ``StoreError`` when the lock's file cannot be inspected.
    func runnerProcess() throws -> Int32? { try StoreLock.holder(database: file.path) }

    /// The disk condition that the lock's holder reported; normal when there is none or no report.
    ///
    /// - Throws: ``StoreError`` when the lock's file cannot be inspected.
    func storageCondition() throws -> StorageCondition {
        try runnerProcess() == nil ? .normal : try StoreLock.condition(database: file.path)
    }

    /// The identity of a database of this version at the right endpoint.
    func checkedIdentity(in pool: DatabasePool) throws -> StoreIdentity {
        let found = try pool.read { try Migrations.all.version(of: $0) }
        guard found > 0 else { throw StoreError.unfinished }
        guard found == Migrations.all.version else {
            throw StoreError.schemaVersion(found: found, known: Migrations.all.version)
        }
        guard let identity = try pool.read({ try StoreIdentity.fetch(StoreConnection($0)) }) else {
            throw StoreError.unfinished
        }
        try refuseMoved(pool)
        try identity.check(endpoint: description.endpoint)
        return identity
    }

    /// Nothing runs from a database that was moved, whatever version it has.
    private func refuseMoved(_ pool: DatabasePool) throws {
        let (move, storeID) = try pool.read { database -> (StoreMove?, [UInt8]) in
            let (connection, isMade) = (StoreConnection(database), try database.tableExists("store"))
            let knowsMoves = try isMade && connection.columns(of: "store").contains("moved_to")
            return (
                try knowsMoves ? StoreMove.fetch(connection) : nil,
                try isMade ? StoreIdentity.fetch(connection)?.storeID ?? [] : []
            )
        }
        try description.refuseMoved(move, storeID)
    }

    /// Nothing is decided on a copy before a runner has determined what it lacks. Checked twice, because a running
    /// runner may write to what is being read.
    private func refuseRestored(
        _ database: SQLiteDatabase, _ storeID: [UInt8], _ ring: SealingKeyRing
    ) throws {
        var verdict = LedgerReconciliation.whole
        for _ in 0..<2 {
            verdict = LedgerReconciliation(try places.evidence(in: database, storeID, ring))
            if verdict == .whole { return }
        }
        if case .refused(let refusal) = verdict { throw StoreError.refused(refusal, file, places) }
        throw StoreError(
            .notAllowed,
            "\(file.name) was restored from an earlier copy; a run or the daemon has to put it right first")
    }
}

extension SQLiteOpening {
    /// Opens it as a run does, which copies and migrates it.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/migrate(noting:)``.
    func migrate(noting action: Action) throws -> Int {
        let pool = try file.openForReading()
        let found = try pool.read { try Migrations.all.version(of: $0) }
        try pool.close()
        guard found < Migrations.all.version else {
            _ = try checkedIdentity(in: file.openForReading())
            return found
        }
        let store = try openForRunning(action.provenance)
        try store.writeWaiting { try $0.insert(action) }
        try store.closeWaiting()
        return found
    }

    /// Replaces the sealing key, also while another process runs batches.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/rotateSealingKey(to:)``.
    func rotateSealingKey(to target: String?) throws -> KeyRotationReport {
        // The keys of an older version lie in the database.
        let pool = try file.openForReading()
        let identity = try file.translating(.reading) { try checkedIdentity(in: pool) }
        try pool.close()
        return try description.rotateSealingKey(of: identity, to: target)
    }
}
