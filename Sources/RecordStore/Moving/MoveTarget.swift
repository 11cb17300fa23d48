import Basics
import Foundation
import Migrations
import OpenSSL

/// Where a database is moved to.
protocol MoveTarget: Sendable {
    /// Refuses a place where something is already.
    func requireFree() throws

    /// Whether the database is whole there, and runs from there if anybody runs it.
    func isWhole(_ storeID: [UInt8]) throws -> Bool

    /// Copies all of it, so that nothing but ``complete()`` is missing. Nobody sees it before.
    ///
    /// - Returns: How many rows each table has.
    func fill(
        from source: StoreConnection, node: Int64?, beforeStep: @escaping @Sendable () throws -> Void
    ) throws -> [String: Int]

    /// Puts it in its place, whole.
    func complete() throws

    /// Removes what was not completed.
    func discard()
}

/// A new SQLite file, which gets its name when it is whole.
final class SQLiteMoveTarget: MoveTarget {
    let description: StoreDescription
    let path: String
    private let copy = Lock<DatabaseCopy?>(nil)

    init(_ description: StoreDescription, path: String) {
        (self.description, self.path) = (description, path)
    }

    private var places: LedgerPlaces { LedgerPlaces(database: path, keysFolder: description.keysFolder) }

    func requireFree() throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notAllowed, "\(path) is there already: name a file that is not")
        }
        guard let own = try SealedKeyFile.read(description.keys.fingerprintKey)?.storeID,
            try places.owners().allSatisfy({ $0 == own })
        else {
            throw StoreError(
                .notAllowed, "\(path) has files of another database beside it: name another file, or move them away")
        }
    }

    func isWhole(_ storeID: [UInt8]) throws -> Bool { DatabaseFile(path: path).storeID() == storeID }

    func fill(
        from source: StoreConnection, node: Int64?, beforeStep: @escaping @Sendable () throws -> Void
    ) throws -> [String: Int] {
        try PrivateFile.createFolder(of: path)
        // Of an attempt that lost the connection to the source.
        discard()
        let made = try DatabaseCopy(for: path)
        copy.withLock { $0 = made }
        let database = SQLiteDatabase(pool: try DatabaseFile(path: made.path).openForWriting())
        try Migrations.all.apply(to: database.pool)
        var counts: [String: Int] = [:]
        try database.withWriter { connection in
            try connection.begin()
            let work = TableCopy(
                source: source, target: connection, sourceNode: node, targetNode: nil, beforeStep: beforeStep)
            do {
                counts = try work.perform()
                _ = try connection.commit()
            } catch {
                try connection.rollBack()
                throw error
            }
        }
        try database.close()
        try made.inspect(called: URL(filePath: path).lastPathComponent) { _ in }
        return counts
    }

    /// Its ledger's second witness begins anew: the former one knows nothing of what was called since.
    func complete() throws {
        guard let made = copy.withLock({ $0 }) else { throw StoreError.unfinished }
        let (storeID, last) = try made.inspect(called: "the copy") { connection in
            (try StoreIdentity.fetchOnly(connection)?.storeID ?? [], try RecordStore.lastAttempt(connection))
        }
        unlink(LedgerTrace.path(in: description.keysFolder))
        try PrivateFile.synchronizeFolder(of: LedgerTrace.path(in: description.keysFolder))
        try LedgerHighWaterMark(database: path, storeID: storeID).advance(to: last)
        try made.settle(at: path)
    }

    func discard() { copy.withLock { $0?.discard() } }
}

/// A database of a PostgreSQL server, made and filled in one transaction.
final class PostgreSQLMoveTarget: MoveTarget {
    let description: StoreDescription
    let place: PostgreSQLPlace
    let provenance: Provenance
    private let connection: PostgreSQLConnection
    private let folder = Lock<NodeFolder?>(nil)

    init(_ description: StoreDescription, place: PostgreSQLPlace, provenance: Provenance) {
        (self.description, self.place, self.provenance) = (description, place, provenance)
        connection = PostgreSQLConnection(place)
    }

    func requireFree() throws {
        guard try storeID() == nil else {
            throw StoreError(.notAllowed, "\(place.displayName) holds a database already: name an empty one")
        }
    }

    func isWhole(_ storeID: [UInt8]) throws -> Bool { try self.storeID() == storeID }

    /// The database there; empty bytes for one that has nothing but its tables, nil where there is none.
    private func storeID() throws -> [UInt8]? {
        let database = PostgreSQLDatabase(place)
        // It is only read from, so nothing is lost if it does not close.
        defer { try? database.close() }
        guard try PostgreSQLOpening(description: description, place: place).foundVersion(of: database) > 0 else {
            return nil
        }
        return try database.read { try StoreIdentity.fetchOnly($0)?.storeID } ?? []
    }

    func fill(
        from source: StoreConnection, node: Int64?, beforeStep: @escaping @Sendable () throws -> Void
    ) throws -> [String: Int] {
        guard let described = description.node else { throw StoreError.runnerOnly }
        guard let storeID = try SealedKeyFile.read(description.keys.fingerprintKey)?.storeID else {
            throw StoreError.fingerprintKeyMissing(description.keysFolder)
        }
        let folder = try NodeFolder(described.folder)
        self.folder.withLock { $0 = folder }
        try connection.beginMaking(Migrations.postgreSQL)
        let number = try Node.enterMoved(described, folder, storeID, provenance, on: connection)
        let work = TableCopy(
            source: source, target: StoreConnection(connection), sourceNode: nil, targetNode: number,
            beforeStep: beforeStep)
        let counts = try work.perform()
        try connection.synchronize()
        return counts
    }

    func complete() throws {
        _ = try connection.commit()
        release()
    }

    func discard() {
        connection.disconnect()
        release()
    }

    private func release() {
        folder.withLock { folder in
            folder?.release()
            folder = nil
        }
    }
}

extension Node {
    /// Enters a node in a database that is made from one in a file, before it has run from there.
    ///
    /// - Returns: Its number.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/settings`` when its folder is one of another database.
    fileprivate static func enterMoved(
        _ description: NodeDescription, _ folder: NodeFolder, _ storeID: [UInt8], _ provenance: Provenance,
        on connection: PostgreSQLConnection
    ) throws -> Int64 {
        let known = try folder.knownLedger()
        guard known.map({ $0.storeID == storeID }) ?? true, let server = connection.transaction?.server else {
            throw StoreError(
                .settings, "\(folder.path) is a node's of another database: name another node.folder")
        }
        let epoch = max(try folder.epoch(), known?.toldEpoch ?? 0) + 1
        let database = StoreConnection(connection)
        try database.execute(sql: "UPDATE contract SET rate = ?", arguments: [description.rate])
        let number = try Int64.fetchOne(
            database,
            sql: """
                INSERT INTO nodes
                  (name, folder_id, epoch, host, pid, version, started_at, lease_until_us, server_id, timeline, told_epoch,
                   told_part)
                VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?) RETURNING id
                """,
            arguments: [
                description.name, folder.identifier, epoch, provenance.host, Int64(getpid()), provenance.version,
                WallTime.now(), server.identifier, server.timeline, known?.toldEpoch ?? 0, known?.toldPart ?? 0,
            ])
        guard let number else { throw StoreError.runnerOnly }
        return number
    }
}
