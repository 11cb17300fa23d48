import Basics
import Foundation
import GRDB
import Migrations
import OpenSSL

/// Opens one SQLite database for what a process is to do with it. Everything here blocks.
struct SQLiteOpening: Sendable {
    let description: StoreDescription
    let file: DatabaseFile
    let places: LedgerPlaces

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
    /// - Parameters:
    ///   - provenance: Who opens it; recorded with what recovery does.
    ///   - migrations: The steps to this version.
    /// - Returns: The store.
    /// - Throws: ``StoreError``; see ``StoreDescription/openForRunning(_:)``.
    func openForRunning(_ provenance: Provenance, migrations: Migrations = .all) throws -> RecordStore {
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
        let sealingKey = try loadOrCreateKey()
        let pool = try file.openForWriting()
        let evidence = try examined(pool, sealingKey, endpoint: endpoint)
        try file.migrate(pool, with: migrations)
        let identity = try identityOrNew(in: pool, endpoint: endpoint, sealingKey: sealingKey)
        let found = try LedgerFiles.open(at: places, for: identity.storeID, sealingKey, after: evidence)
        let store = RecordStore(
            pool: pool, sealingKey: sealingKey, keysFolder: description.keysFolder,
            fingerprints: try identity.fingerprints(with: sealingKey),
            role: .running, writer: Writer(pool: pool, ledger: found.files), files: found.files, lock: lock)
        store.recovery = try store.recover(
            evidence, entries: found.entries, provenance: provenance,
            today: CallDay(at: WallClock.now(), in: description.timeZone))
        try store.follow(found.files, from: evidence)
        store.waitForRoomFromNowOn()
        try store.watchOverFiles()
        return store
    }

    /// The key of an existing database must exist; a new database uses the existing key, or gets a new one.
    private func loadOrCreateKey() throws -> SealingKey {
        let path = description.sealingKey
        let keyExists = FileManager.default.fileExists(atPath: path)
        if file.exists {
            if !keyExists { throw try missingKey() }
            return try SealingKey.load(path: path)
        }
        let key = keyExists ? try SealingKey.load(path: path) : try SealingKey.create(path: path)
        try file.create()
        return key
    }

    /// Refuses another key or endpoint, or another database's mark or trace, before anything is changed.
    ///
    /// - Returns: All evidence of how far the ledger got.
    private func examined(
        _ pool: DatabasePool, _ sealingKey: SealingKey, endpoint: String
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

    private func missingKey() throws -> StoreError {
        let pool = try file.openForReading()
        let identity = try? pool.read { try StoreIdentity.fetch($0) }
        guard let identifier = identity?.sealingKeyID else { return StoreError.unfinished }
        return StoreError(
            .sealingKey, "The sealing key \(identifier) of \(file.name) is missing; put its file back at sealing_key")
    }

    private func identityOrNew(
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

/// Beside the process that runs batches.
extension SQLiteOpening {
    /// Takes no lock and writes nothing.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/openForReading()``.
    func openForReading() throws -> RecordStore {
        try file.translating(.reading) {
            let pool = try file.openForReading()
            let (identity, sealingKey) = try identityAndKey(in: pool)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, keysFolder: description.keysFolder,
                fingerprints: try identity.fingerprints(with: sealingKey),
                role: .reading, writer: nil, lock: nil)
        }
    }

    /// Takes no lock, migrates nothing and recovers nothing.
    ///
    /// - Throws: ``StoreError``; see ``StoreDescription/openForOperating()``.
    func openForOperating() throws -> RecordStore {
        try file.requireExistence()
        return try file.translating(.writing) {
            try file.refuseLoss(places)
            let pool = try file.openForWriting()
            let (identity, sealingKey) = try identityAndKey(in: pool)
            try refuseRestored(pool, identity, sealingKey)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, keysFolder: description.keysFolder,
                fingerprints: try identity.fingerprints(with: sealingKey),
                role: .operating, writer: Writer(pool: pool, ledger: nil), lock: nil)
        }
    }

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

    /// The identity of a database of this version, and its key.
    private func identityAndKey(in pool: DatabasePool) throws -> (StoreIdentity, SealingKey) {
        let found = try pool.read { try Migrations.all.version(of: $0) }
        guard found > 0 else { throw StoreError.unfinished }
        guard found == Migrations.all.version else {
            throw StoreError.schemaVersion(found: found, known: Migrations.all.version)
        }
        guard let identity = try pool.read({ try StoreIdentity.fetch($0) }) else { throw StoreError.unfinished }
        let sealingKey = try SealingKey.load(path: description.sealingKey)
        try identity.check(sealingKey: sealingKey, endpoint: description.endpoint)
        return (identity, sealingKey)
    }

    /// Nothing is decided on a copy before a runner has determined what it lacks. Checked twice, because a running
    /// runner may write to what is being read.
    private func refuseRestored(
        _ pool: DatabasePool, _ identity: StoreIdentity, _ sealingKey: SealingKey
    ) throws {
        var verdict = LedgerReconciliation.whole
        for _ in 0..<2 {
            verdict = LedgerReconciliation(try places.evidence(in: pool, identity.storeID, sealingKey))
            if verdict == .whole { return }
        }
        if case .refused(let refusal) = verdict { throw StoreError.refused(refusal, file, places) }
        throw StoreError(
            .notAllowed,
            "\(file.name) was restored from an earlier copy; a run or the daemon has to put it right first")
    }
}
