import Basics
package import Foundation
import Migrations
import OpenSSL

/// Which database it is, and what opens it: all that a process needs to know of it before it has it open.
package struct StoreDescription: Sendable, Equatable {
    /// The database engine, with the database's place.
    package enum Engine: Sendable, Equatable {
        /// SQLite; the database is the file at this path.
        case sqlite(path: String)
        /// PostgreSQL; the database is what libpq finds at this URL, with the password that a file holds.
        case postgreSQL(url: String, passwordFile: String?)
    }

    /// The database engine, with the database's place.
    package var engine: Engine
    /// Where the sealing key comes from, `sealing_key`.
    package var sealingKey: SealingKeySource
    /// The folder in which the keys that it seals and the ledger's second trace lie, `keys_folder`.
    package var keysFolder: String
    /// The API's base URL, to which a new database is bound, and which an existing one must be bound to; nil: whatever
    /// it is bound to. Who runs batches must name it.
    package var endpoint: String?
    /// The zone of `limits.time_zone`, which decides the day on which calls count that a restored copy lacks.
    package var timeZone: TimeZone
    /// Which of several runners this is; who runs batches from PostgreSQL must say so.
    package var node: NodeDescription?
    /// Where who opens it moves it, and so may open it although it is being moved; nil: nowhere.
    var movingTo: String?

    /// Describes a database; the sealing key as the settings name it.
    package init(
        engine: Engine, sealingKey: String, keysFolder: String, endpoint: String?, timeZone: TimeZone = .gmt,
        node: NodeDescription? = nil
    ) {
        self.engine = engine
        self.sealingKey = SealingKeySource(sealingKey)
        self.keysFolder = keysFolder
        self.endpoint = endpoint
        self.timeZone = timeZone
        self.node = node
    }

    /// How the engine opens it.
    var opening: any StoreOpening {
        get throws {
            switch engine {
            case .sqlite(let path): SQLiteOpening(self, path: path)
            case .postgreSQL(let url, let file):
                PostgreSQLOpening(description: self, place: try PostgreSQLPlace(url, passwordFile: file))
            }
        }
    }

    /// The keys that lie outside the database.
    var keys: KeysFolder { KeysFolder(path: keysFolder) }
}

/// Everything here may take long, and happens on threads that may block.
extension StoreDescription {
    /// Opens the database to run batches; only one process at a time can hold it this way.
    ///
    /// Creates database and sealing key together when both are missing; copies the database before migrating it to this
    /// version; puts in doubt what a crash left open; and, when the ledger's witnesses show that the database was
    /// restored from an older copy, pauses its unfinished batches and puts in doubt what may have been sent. Where they
    /// cannot vouch for what was sent, batches created from then on wait; see ``RecordStore/restoreHold()``.
    ///
    /// - Parameter provenance: Who opens it; recorded with what recovery does.
    /// - Returns: The store; ``RecordStore/recovery`` says what was repaired.
    /// - Throws: ``StoreError``: locked, wrong endpoint, wrong sealing key, newer schema, damaged, missing although
    ///   there was one, or beside what belongs to another database.
    package func openForRunning(_ provenance: Provenance) async throws -> RecordStore {
        try await BlockingWork.run { try opening.openForRunning(provenance) }
    }

    /// Opens the database for reading, also while another process runs batches.
    ///
    /// The sealing key may be absent: then whatever needs it is refused, and everything else can be read.
    ///
    /// - Returns: The store; writing to it is refused.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, or another schema version.
    package func openForReading() async throws -> RecordStore {
        try await BlockingWork.run { try opening.openForReading() }
    }

    /// Opens the database to take in files and record operators' decisions, even while another process runs batches.
    ///
    /// Migrates nothing and recovers nothing; the runner does that. Batches can be created and filled, moved to another
    /// state and queued again; claiming and finishing are refused. Beside a runner the sealing key may be absent, as in
    /// ``openForReading()``.
    ///
    /// - Returns: The store.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, another schema version, or a database that
    ///   was restored from an older copy and that a runner has to recover first.
    package func openForOperating() async throws -> RecordStore {
        try await BlockingWork.run { try opening.openForOperating() }
    }

    /// Whether there is a database.
    ///
    /// - Throws: ``StoreError`` when that cannot be determined.
    package func exists() async throws -> Bool {
        try await BlockingWork.run { try opening.exists() }
    }

    /// Why no new database is created although none is there: the ledger's witnesses show that there was one. Nil when
    /// it exists or never did.
    ///
    /// - Throws: ``StoreError`` when that cannot be determined.
    package func loss() async throws -> StoreError? {
        try await BlockingWork.run { try opening.loss() }
    }

    /// The process that runs batches from the database; nil when there is none.
    ///
    /// - Throws: ``StoreError`` when that cannot be determined.
    package func runnerProcess() async throws -> Int32? {
        try await BlockingWork.run { try opening.runnerProcess() }
    }

    /// Whether the process that runs batches from the database finds room on its disk; normal when there is none, or it
    /// has reported nothing.
    ///
    /// - Throws: ``StoreError`` when that cannot be determined.
    package func storageCondition() async throws -> StorageCondition {
        try await BlockingWork.run { try opening.storageCondition() }
    }

    /// Replaces the sealing key by a new one, also while another process runs batches, which finds the new one by itself
    /// where `sealing_key` is a file. An interrupted rotation is completed by the next.
    ///
    /// - Parameter target: The file for the new key; nil: the old one's name.
    /// - Returns: What was done.
    /// - Throws: ``StoreError``: no database, one of another version, a key or file that is missing, or one that can't be
    ///   written; the keys in force stay usable.
    package func rotateSealingKey(to target: String?) async throws -> KeyRotationReport {
        try await BlockingWork.run { try opening.rotateSealingKey(to: target) }
    }

    /// Brings a database of an earlier version to this one, after copying it where it is a file.
    ///
    /// - Parameter action: Who does so, entered in the audit.
    /// - Returns: The version it had.
    /// - Throws: ``StoreError``: no database, one of a newer version, or one that something runs from.
    package func migrate(noting action: Action) async throws -> Int {
        try await BlockingWork.run { try opening.migrate(noting: action) }
    }

    /// Replaces the database with a copy that ``RecordStore/backUp(to:)`` made.
    ///
    /// The current database is kept beside it. The ledger's witnesses stay as they are: from them the next run or
    /// daemon learns how many calls the copy lacks, pauses its unfinished batches, and puts in doubt what may have been
    /// sent.
    ///
    /// - Parameters:
    ///   - copy: The copy's file, which stays as it is.
    ///   - action: Who restores it, entered in the restored database's audit; not in that of a copy of an earlier
    ///     version, which the next start migrates.
    ///   - erases: Whether something may have to be erased in the copy also where nobody was ever forgotten.
    ///   - erase: What is erased in the copy, while it is nobody's database yet. It is given a store on the copy, of this
    ///     version.
    /// - Returns: What the copy does not know.
    /// - Throws: ``StoreError``: the database is in use, or the copy is damaged, belongs to another database, sealing
    ///   key or endpoint, or comes from a newer program. Nothing is then changed.
    package func restore(
        from copy: String, noting action: Action? = nil, always erases: Bool = false,
        erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport {
        try await BlockingWork.runTask {
            try await opening.restore(from: copy, noting: action, always: erases, erasing: erase)
        }
    }
}

extension RecordStore {
    /// The version of the schema that this program reads and writes, whatever the engine.
    package static var schemaVersion: Int { Migrations.all.version }
}

/// What opens a database of one engine; see ``StoreDescription``. Everything here blocks.
protocol StoreOpening: Sendable {
    /// For running batches.
    func openForRunning(_ provenance: Provenance) throws -> RecordStore
    /// Beside what runs batches, to read.
    func openForReading() throws -> RecordStore
    /// Beside what runs batches, to take in files and to decide.
    func openForOperating() throws -> RecordStore
    /// Whether there is a database.
    func exists() throws -> Bool
    /// Why none is made although there is none; nil where there is one, or never was.
    func loss() throws -> StoreError?
    /// The process of this machine that runs batches from it; nil where none does.
    func runnerProcess() throws -> Int32?
    /// Whether that process finds room on the database's disk.
    func storageCondition() throws -> StorageCondition
    /// Exchanges the sealing key.
    func rotateSealingKey(to target: String?) throws -> KeyRotationReport
    /// Brings it to this version.
    func migrate(noting action: Action) throws -> Int
    /// Puts a copy in its place.
    func restore(
        from source: String, noting action: Action?, always erases: Bool,
        erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport
}

/// The database's one row about itself: its id and its endpoint.
struct StoreIdentity: Sendable {
    /// What a database from before there were period keys holds itself.
    struct KeysInside: Sendable {
        /// The key that everything in it is sealed by, and so that it alone can be opened with.
        let sealingKeyID: String
        let wrappedFingerprintKey: [UInt8]
    }

    let storeID: [UInt8]
    let endpoint: String
    /// Nil where its keys lie in `keys_folder`.
    var keysInside: KeysInside?

    /// Reads it from a database of any version; nil in one that was created but never got its row.
    static func fetch(_ database: StoreConnection) throws -> StoreIdentity? {
        let columns = try database.columns(of: "store")
        guard columns.contains("fingerprint_key") else { return try fetchOnly(database) }
        let sql = "SELECT store_id, endpoint, sealing_key_id, fingerprint_key FROM store"
        return try StoredRow.fetchOne(database, sql: sql).map { row in
            StoreIdentity(
                storeID: row.bytes(0), endpoint: row[1],
                keysInside: KeysInside(sealingKeyID: row[2], wrappedFingerprintKey: row.bytes(3)))
        }
    }

    /// Reads it from a database of this version; nil in one that was created but never got its row.
    static func fetchOnly(_ database: StoreConnection) throws -> StoreIdentity? {
        try StoredRow.fetchOne(database, sql: "SELECT store_id, endpoint FROM store").map { row in
            StoreIdentity(storeID: row.bytes(0), endpoint: row[1])
        }
    }

    /// Writes it, once in a database's life.
    func insert(_ database: StoreConnection) throws {
        try database.execute(
            sql: "INSERT INTO store (only_row, store_id, endpoint, created_at) VALUES (1, ?, ?, ?)",
            arguments: [storeID, endpoint, WallTime.now()])
        try database.execute(sql: "INSERT INTO ledger_position (only_row, last_attempt) VALUES (1, 0)")
    }

    /// The id of the sealing key that the database needs; nil when nothing tells.
    func sealingKeyID(_ folder: KeysFolder) throws -> [UInt8]? {
        if let keysInside { return Hexadecimal.decode(keysInside.sealingKeyID.utf8) }
        return try SealedKeyFile.read(folder.fingerprintKey)?.sealingKeyID
    }

    /// Refuses sealing keys that do not open it, and a folder without its fingerprint key.
    func check(_ ring: SealingKeyRing, _ folder: KeysFolder) throws {
        guard let needed = try sealingKeyID(folder) else { throw StoreError.fingerprintKeyMissing(folder.path) }
        _ = try ring.require(needed)
    }

    /// Refuses an endpoint other than the base URL given; nil: any.
    func check(endpoint given: String?) throws {
        guard given == nil || given == endpoint else {
            throw StoreError.wrongEndpoint(bound: endpoint, given: given ?? "")
        }
    }
}

extension StoreDescription {
    /// The id for a new database, with its fingerprint key in place. A start that was interrupted left both.
    func newStoreID(_ ring: SealingKeyRing) throws -> [UInt8] {
        try keys.locked {
            if let found = try SealedKeyFile.read(keys.fingerprintKey) {
                _ = try found.key(as: .fingerprintKey, owner: 0, with: ring.require(found.sealingKeyID))
                return found.storeID
            }
            let storeID = try SecureRandom.bytes(16)
            try SealedKeyFile(
                SecureRandom.bytes(HMACSHA256.byteCount), as: .fingerprintKey, owner: 0, storeID: storeID,
                by: ring.current
            ).write(keys.fingerprintKey)
            return storeID
        }
    }
}
