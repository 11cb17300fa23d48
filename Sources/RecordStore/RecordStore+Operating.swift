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
    ///   - keysFolder: The folder in which the ledger's trace lies, `keys_folder`.
    ///   - endpoint: The API's base URL; nil: whatever the database is bound to.
    /// - Returns: The store.
    /// - Throws: ``StoreError``: no database, wrong endpoint or sealing key, another schema version, or a database that
    ///   mark and trace say was restored from before, which a runner has to put right first.
    public static func openForOperating(
        path: String, sealingKeyPath: String, keysFolder: String, endpoint: String?
    ) throws -> RecordStore {
        let file = DatabaseFile(path: path)
        try file.requireExistence()
        return try file.translating(.writing) {
            let places = LedgerPlaces(database: path, keysFolder: keysFolder)
            try file.refuseLoss(places)
            let pool = try file.openForWriting()
            let identity = try identity(in: pool)
            let sealingKey = try SealingKey.load(path: sealingKeyPath)
            try identity.check(sealingKey: sealingKey, endpoint: endpoint)
            try refuseRestored(pool, file, identity, sealingKey, places)
            return RecordStore(
                pool: pool, sealingKey: sealingKey, fingerprints: try identity.fingerprints(with: sealingKey),
                role: .operating, writer: Writer(pool: pool, ledger: nil), lock: nil)
        }
    }

    /// Why a database is not made where none is: its mark or trace says that there was one. Nil: it is there, or never was.
    public static func loss(ofDatabase path: String, keysFolder: String) -> StoreError? {
        DatabaseFile(path: path).loss(LedgerPlaces(database: path, keysFolder: keysFolder))
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

    /// Nothing is decided on a copy before a runner has said what it doesn't know. Looked at twice: a runner at work may
    /// write to what is being read.
    private static func refuseRestored(
        _ pool: DatabasePool, _ file: DatabaseFile, _ identity: StoreIdentity, _ sealingKey: SealingKey,
        _ places: LedgerPlaces
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
