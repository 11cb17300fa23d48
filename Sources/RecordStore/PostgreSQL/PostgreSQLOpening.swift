import Basics
import Foundation
import Migrations
import OpenSSL

/// Opens one PostgreSQL database for what a process is to do with it. Everything here blocks.
struct PostgreSQLOpening: StoreOpening {
    let description: StoreDescription
    let place: PostgreSQLPlace

    /// The version of the schema, whose history is that of all engines.
    private static var version: Int { RecordStore.schemaVersion }

    func openForRunning(_ provenance: Provenance) throws -> RecordStore {
        guard let endpoint = description.endpoint else {
            throw StoreError(.notAllowed, "A database is run against one endpoint only; name it")
        }
        return try StoreError.translating(.writing) {
            let database = PostgreSQLDatabase(place, isRunner: true, movingTo: description.movingTo)
            let (described, folder) = try nodeFolder()
            try refuseLoss(of: database, known: folder.knownLedger())
            let ring = try loadOrCreateKey(database)
            let identity = try identityOrNew(in: database, endpoint: endpoint, ring)
            try description.refuseMoved(database.read(StoreMove.fetch), identity.storeID)
            try identity.check(endpoint: endpoint)
            try identity.check(ring, description.keys)
            try refuseAnother(identity, known: folder.knownLedger())
            let keys = keys(of: identity, ring)
            _ = try keys.fingerprints()
            let node = try register(described, folder, in: database, provenance)
            let writer = Writer(database: database, ledger: node.journal, node: node)
            let store = RecordStore(
                database: database, keys: keys, role: .running, writer: writer, runnerName: node.description.name,
                sharesFolders: node.description.sharesFolders, lock: nil)
            try store.settlePeriodKeys()
            try store.recover(node, provenance)
            store.join(as: node)
            store.waitForRoomFromNowOn()
            return store
        }
    }

    func openForReading() throws -> RecordStore {
        try StoreError.translating(.reading) {
            let database = PostgreSQLDatabase(place)
            let keys = keys(of: try checkedIdentity(in: database))
            if description.sealingKey.isAvailable() { _ = try keys.fingerprints() }
            return RecordStore(
                database: database, keys: keys, role: .reading, writer: nil,
                runnerName: description.node?.name ?? "",
                sharesFolders: description.node?.sharesFolders ?? false, lock: nil)
        }
    }

    func openForOperating() throws -> RecordStore {
        try StoreError.translating(.writing) {
            let database = PostgreSQLDatabase(place)
            let keys = keys(of: try checkedIdentity(in: database))
            if description.sealingKey.isAvailable() { _ = try keys.fingerprints() }
            return RecordStore(
                database: database, keys: keys, role: .operating, writer: Writer(database: database, ledger: nil),
                runnerName: description.node?.name ?? "",
                sharesFolders: description.node?.sharesFolders ?? false, lock: nil)
        }
    }

    func exists() throws -> Bool {
        try StoreError.translating(.reading) {
            let database = PostgreSQLDatabase(place)
            // It is only read from, so nothing is lost if it does not close.
            defer { try? database.close() }
            return try foundVersion(of: database) > 0
        }
    }

    func loss() throws -> StoreError? {
        guard let folder = description.node?.folder, try !exists() else { return nil }
        return try hasRun(NodeFolder.knownLedger(in: folder)) ? StoreError.lostDatabase(place) : nil
    }

    /// The process that runs as this installation's node; those of other nodes are on other machines.
    func runnerProcess() throws -> Int32? { try description.node.flatMap { try NodeFolder.holder(of: $0.folder) } }

    func storageCondition() throws -> StorageCondition { .normal }

    /// The keys of this machine; other nodes have copies of their own.
    func rotateSealingKey(to target: String?) throws -> KeyRotationReport {
        let identity = try StoreError.translating(.reading) {
            let database = PostgreSQLDatabase(place)
            // It is only read from, so nothing is lost if it does not close.
            defer { try? database.close() }
            return try checkedIdentity(in: database)
        }
        return try description.rotateSealingKey(of: identity, to: target)
    }

    func restore(
        from source: String, noting action: Action?, always erases: Bool,
        erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport { throw StoreError.sqliteOnly }
}

extension PostgreSQLOpening {
    private func keys(of identity: StoreIdentity, _ ring: SealingKeyRing? = nil) -> StoreKeys {
        StoreKeys(source: description.sealingKey, folder: description.keys, storeID: identity.storeID, ring: ring)
    }

    /// The version of the schema that a database has; 0 where it has none yet.
    func foundVersion(of database: PostgreSQLDatabase) throws -> Int {
        try database.read { connection in
            let isThere = try Bool.fetchOne(connection, sql: "SELECT to_regclass('rollcall.schema_steps') IS NOT NULL")
            guard isThere ?? false else { return 0 }
            return try Int.fetchOne(connection, sql: "SELECT max(version) FROM schema_steps") ?? 0
        }
    }

    private func check(_ found: Int) throws {
        guard found == Self.version else {
            throw StoreError.schemaVersion(
                found: found, known: Self.version,
                olderAdvice: "end all nodes, then \(Hint.migrate) brings it to this version")
        }
    }

    private func checkedIdentity(in database: PostgreSQLDatabase) throws -> StoreIdentity {
        let found = try foundVersion(of: database)
        guard found > 0 else {
            throw StoreError(.noDatabase, "There is nothing of Rollcall in this database yet; the first run makes it")
        }
        try check(found)
        let identity = try database.read { try StoreIdentity.fetchOnly($0) }
        guard let identity else { throw StoreError.unfinished }
        try description.refuseMoved(database.read(StoreMove.fetch), identity.storeID)
        try identity.check(endpoint: description.endpoint)
        return identity
    }

    /// The key of an existing database must exist; a new database uses the existing key, or gets a new one.
    private func loadOrCreateKey(_ database: PostgreSQLDatabase) throws -> SealingKeyRing {
        let source = description.sealingKey
        if let path = source.path, !source.isAvailable() {
            guard try foundVersion(of: database) == 0 else {
                throw StoreError(
                    .sealingKey,
                    "The database's sealing key is missing; put its file at sealing_key, and its "
                        + "keys_folder beside it, from another node")
            }
            // Another node with the same folder may begin at the same time.
            try description.keys.locked { if !source.isAvailable() { _ = try SealingKey.create(path: path) } }
        }
        return try source.load()
    }

    /// Makes the schema in an empty database, and its identity; two processes that begin at once make one.
    private func identityOrNew(
        in database: PostgreSQLDatabase, endpoint: String, _ ring: SealingKeyRing
    ) throws -> StoreIdentity {
        if try foundVersion(of: database) == 0 {
            do {
                try database.writer.run(script: "BEGIN; \(Migrations.postgreSQL) COMMIT;")
            } catch let error as PostgreSQLError where ["42P06", "23505"].contains(error.sqlState) {
                // Another process has made it meanwhile, or it is somebody else's.
                database.writer.disconnect()
                guard try foundVersion(of: database) > 0 else { throw StoreError.otherSchema }
            }
        }
        try check(foundVersion(of: database))
        let connection = StoreConnection(database.writer)
        try connection.begin()
        if let identity = try StoreIdentity.fetchOnly(connection) {
            try connection.rollBack()
            return identity
        }
        let identity = StoreIdentity(storeID: try description.newStoreID(ring), endpoint: endpoint)
        try identity.insert(connection)
        _ = try connection.commit()
        return identity
    }
}

extension PostgreSQLOpening {
    /// Takes the steps to this version in one transaction, while no node lives.
    func migrate(noting action: Action) throws -> Int {
        try StoreError.translating(.writing) {
            let database = PostgreSQLDatabase(place)
            // By then the transaction is committed or rolled back, so nothing is lost if it does not close.
            defer { try? database.close() }
            let found = try foundVersion(of: database)
            guard found > 0, found < Self.version else {
                _ = try checkedIdentity(in: database)
                return found
            }
            do {
                try database.writer.run(
                    script: "BEGIN; \(Self.aloneAt(found)) \(Migrations.postgreSQLSteps(after: found)) COMMIT;")
            } catch let error as PostgreSQLError where error.sqlState == "55006" {
                database.writer.disconnect()
                throw StoreError(
                    .notAllowed, "A node lives, or another program migrates the database: end all nodes first")
            }
            let connection = StoreConnection(database.writer)
            try connection.begin()
            try AuditEntry.append(action, to: connection)
            _ = try connection.commit()
            return found
        }
    }

    /// Refuses where another program is at work, in the transaction that migrates.
    private static func aloneAt(_ version: Int) -> String {
        """
        DO $$ BEGIN
            PERFORM 1 FROM rollcall.contract FOR UPDATE;
            IF EXISTS (SELECT 1 FROM rollcall.nodes WHERE state <> 'retired' AND lease_until_us >= \(DatabaseClock.now))
              OR (SELECT max(version) FROM rollcall.schema_steps) <> \(version) THEN
                RAISE EXCEPTION 'in use' USING ERRCODE = 'object_in_use';
            END IF;
        END $$;
        """
    }

    private func nodeFolder() throws -> (NodeDescription, NodeFolder) {
        guard let node = description.node else {
            throw StoreError(.settings, "A runner on PostgreSQL needs a name and a folder of its own: set node")
        }
        return (node, try NodeFolder(node.folder))
    }

    /// Begins the node's next epoch; its folder knows it before anything is claimed in it.
    private func register(
        _ node: NodeDescription, _ folder: NodeFolder, in database: PostgreSQLDatabase, _ provenance: Provenance
    ) throws -> Node {
        let connection = database.writer
        try connection.begin()
        do {
            let (number, epoch) = try Node.register(node, folder, provenance, on: connection)
            _ = try connection.commit()
            try folder.record(epoch: epoch)
            return try Node(node, folder, number: number, epoch: epoch)
        } catch {
            connection.disconnect()
            throw error
        }
    }
}

/// A database that is empty, or another one, although this installation has run from one: its files would be paid for twice.
extension PostgreSQLOpening {
    /// Whether there was a database: the node's folder shows it, or keys of months in which files were taken in.
    private func hasRun(_ known: KnownLedger?) throws -> Bool {
        try known != nil || !description.keys.periodKeys().isEmpty || !description.keys.destroyedKeys().isEmpty
    }

    private func refuseLoss(of database: PostgreSQLDatabase, known: KnownLedger?) throws {
        guard try hasRun(known), try foundVersion(of: database) == 0 else { return }
        throw StoreError.lostDatabase(place)
    }

    private func refuseAnother(_ identity: StoreIdentity, known: KnownLedger?) throws {
        guard let known, known.storeID != identity.storeID else { return }
        throw StoreError(
            .settings,
            "\(place.displayName) is another database than this node has run from: correct database, or name another "
                + "node.folder under another node.name")
    }
}

extension StoreError {
    /// The database is empty, although there was one.
    fileprivate static func lostDatabase(_ place: PostgreSQLPlace) -> StoreError {
        StoreError(
            .noDatabase,
            "\(place.displayName) is empty, but node.folder or keys_folder shows that there was a database: put it back, or "
                + "correct database. A new one begins with a new keys_folder, node.folder and node.name; what was sent before "
                + "is then unknown to it, and every file is paid for again")
    }
}
