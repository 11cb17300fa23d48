import Basics
import Foundation

/// What a move brought.
package struct MoveReport: Sendable, Equatable {
    /// Rows by their table; none where all was whole there from a move that was interrupted behind that.
    package let rows: [String: Int]

    /// Batches that moved.
    package var batches: Int { rows["batches"] ?? 0 }
    /// Their records.
    package var records: Int { (rows["records"] ?? 0) + (rows["archived_records"] ?? 0) }
    /// The ledger's attempts.
    package var attempts: Int { (rows["attempts"] ?? 0) + (rows["archived_attempts"] ?? 0) }
}

extension StoreDescription {
    /// Moves the database to another engine: batches, records, ledger, keys, caps and schedules, whole or not at all.
    ///
    /// From its begin on nothing runs from this one; it is refused with where it went. The other one is whole at once.
    /// Interrupted anywhere, it is completed by another call; one that fails leaves this one as it was.
    ///
    /// - Parameters:
    ///   - target: The other one, of the other engine, with the same keys.
    ///   - name: What `database` says of it.
    ///   - action: Who moves it, entered in the audit of both.
    /// - Returns: What was copied.
    /// - Throws: ``StoreError``: something runs from it or has not delivered all it knows, the target is not empty, or
    ///   something can't be read or written.
    package func move(to target: StoreDescription, named name: String, noting action: Action) async throws -> MoveReport
    {
        try await BlockingWork.run {
            try StoreMoving(source: self, target: target, name: name, action: action).perform()
        }
    }
}

/// Moves a database; see ``StoreDescription/move(to:named:noting:)``. Everything here blocks.
struct StoreMoving {
    let source: StoreDescription
    let target: StoreDescription
    let name: String
    let action: Action
    /// Called before each step; what it throws ends the move there.
    var beforeStep: @Sendable () throws -> Void = {}

    func perform() throws -> MoveReport {
        let place = try place
        var moving = source
        moving.movingTo = name
        let store = try moving.opening.openForRunning(action.provenance)
        // From here on nobody but this writes.
        store.membership.withLock { $0?.beat.stop() }
        do {
            let report = try StoreError.translating(.writing) { try move(store, place) }
            try store.closeWaiting()
            return report
        } catch {
            // What went wrong first is told.
            try? store.closeWaiting()
            throw error
        }
    }

    private var place: any MoveTarget {
        get throws {
            switch target.engine {
            case .sqlite(let path): SQLiteMoveTarget(target, path: path)
            case .postgreSQL(let url, let file):
                PostgreSQLMoveTarget(
                    target, place: try PostgreSQLPlace(url, passwordFile: file), provenance: action.provenance)
            }
        }
    }

    private func move(_ store: RecordStore, _ place: any MoveTarget) throws -> MoveReport {
        let isInterrupted = try store.readWaiting(StoreMove.fetch) != nil
        if isInterrupted, try place.isWhole(store.keys.storeID) {
            try store.writeWaiting { try finish($0) }
            return MoveReport(rows: [:])
        }
        try place.requireFree()
        try beforeStep()
        let version = try store.writeWaiting { try begin($0, isInterrupted: isInterrupted) }
        do {
            let rows = try store.readWaiting { source in
                try place.fill(from: source, node: store.node?.number, beforeStep: beforeStep)
            }
            try beforeStep()
            if let fault = try store.writeWaiting({ completed(place, since: version, $0) }) { throw fault }
            return MoveReport(rows: rows)
        } catch {
            place.discard()
            // Where nobody can say whether it is whole there, it is asked again by the next call.
            if (try? place.isWhole(store.keys.storeID)) == false {
                try store.writeWaiting { try StoreMove.abandon($0.database) }
            }
            throw error
        }
    }

    /// From here on nothing runs from the database.
    ///
    /// - Returns: The file's version, which changes with what others write.
    private func begin(_ connection: WriterConnection, isInterrupted: Bool) throws -> Int64 {
        try connection.refuseNodesBesides(connection.node)
        if !isInterrupted { try connection.insert(action) }
        try StoreMove(target: name, completedAt: nil).save(connection.database)
        return try connection.database.fileVersion()
    }

    /// Puts the other one in its place, and says so in this one, while nobody else writes here. What goes wrong is returned:
    /// thrown, it would be done again.
    private func completed(
        _ place: any MoveTarget, since version: Int64, _ connection: WriterConnection
    ) -> (any Error)? {
        do {
            let storeID = try StoreIdentity.fetchOnly(connection.database)?.storeID ?? []
            if try !place.isWhole(storeID) {
                guard try connection.database.fileVersion() == version else {
                    throw StoreError(.notAllowed, "The database was written to as it was copied: move it again")
                }
                try place.complete()
            }
            try beforeStep()
            try finish(connection)
            return nil
        } catch {
            return error
        }
    }

    private func finish(_ connection: WriterConnection) throws {
        let storeID = try StoreIdentity.fetchOnly(connection.database)?.storeID ?? []
        try MovedNote(storeID: storeID, engine: target.engine.word, target: name).write(target.keys)
        try beforeStep()
        try StoreMove(target: name, completedAt: WallTime.now()).save(connection.database)
    }
}

extension StoreConnection {
    /// A number that changes when another process writes to the file; a server lets nobody write beside a move.
    fileprivate func fileVersion() throws -> Int64 {
        isFile ? try Int64.fetchOne(self, sql: "PRAGMA data_version") ?? 0 : 0
    }
}

extension WriterConnection {
    /// Refuses a move while another node lives, or may know something that the database does not.
    fileprivate func refuseNodesBesides(_ node: Node?) throws {
        guard let node else { return }
        let sql = "SELECT name FROM nodes WHERE id <> ? AND state <> 'retired' AND lease_until_us > 0 ORDER BY name"
        if let name = try String.fetchOne(database, sql: sql, arguments: [node.number]) {
            throw StoreError(
                .notAllowed,
                "Node \(name) lives, or did not end in order and may have answers that it has not delivered: end it, or "
                    + "start and end it, or retire it")
        }
        if let name = try nodesToReconcile().first {
            throw StoreError(
                .notAllowed,
                "Node \(name) has not answered for the server that answers now: start and end it, or retire it")
        }
        let kept = """
            SELECT nodes.name FROM batches JOIN nodes ON nodes.id = home_node
            WHERE nodes.id <> ?1 AND finished_at IS NULL AND ingested = 0
            UNION ALL SELECT nodes.name FROM claimed_files JOIN nodes ON nodes.id = node_id
            WHERE nodes.id <> ?1 AND nodes.state <> 'retired'
            """
        if let name = try String.fetchOne(database, sql: kept, arguments: [node.number]) {
            throw StoreError(
                .notAllowed,
                "Input files of node \(name) are not read to their end, or not put away: let that node finish them, or "
                    + "retire it with --to")
        }
        guard try Int.fetchOne(database, sql: "SELECT count(*) FROM attempts WHERE outcome IS NULL") == 0 else {
            throw StoreError(.notAllowed, "Calls are under way at a node: end it, or retire it")
        }
    }
}

/// Where a database went that is being moved to another engine, or was. It stands in the database itself; nothing runs from
/// one that has it.
struct StoreMove: Sendable, Equatable {
    /// What `database` says of the other one.
    let target: String
    /// When it was whole there; nil: it is being copied, or that was interrupted.
    let completedAt: WallTime?

    /// The table that has it: of PostgreSQL the one whose row whoever writes locks first.
    private static func table(_ database: StoreConnection) -> String { database.isFile ? "store" : "contract" }

    /// Reads it; nil where the database was not moved.
    static func fetch(_ database: StoreConnection) throws -> StoreMove? {
        let row = try StoredRow.fetchOne(database, sql: "SELECT moved_to, moved_at FROM \(table(database))")
        guard let row, let target: String = row[0] else { return nil }
        return StoreMove(target: target, completedAt: row[1])
    }

    /// Writes it.
    func save(_ database: StoreConnection) throws {
        try database.execute(
            sql: "UPDATE \(Self.table(database)) SET moved_to = ?, moved_at = ?", arguments: [target, completedAt])
    }

    /// Takes it back, while nothing is whole elsewhere.
    static func abandon(_ database: StoreConnection) throws {
        try database.execute(sql: "UPDATE \(table(database)) SET moved_to = NULL WHERE moved_at IS NULL")
    }

    /// Why nothing runs from the database.
    var refusal: StoreError {
        guard let completedAt else {
            return StoreError(
                .moved,
                "This database is being moved to \(target), which was not completed: \(Hint.move(to: target)) goes on")
        }
        let day = completedAt.date.formatted(.iso8601.year().month().day())
        return StoreError(.moved, "This database was moved to \(target) on \(day): set database to that")
    }
}

/// What `keys_folder` says of the database that its keys belong to: an earlier copy of a moved one, put back in its old
/// place, is refused by it.
private struct MovedNote: Sendable, Equatable {
    private static let heading = "rollcall moved 1"

    let storeID: [UInt8]
    /// `sqlite` or `postgresql`.
    let engine: String
    /// What `database` says of it.
    let target: String

    /// Reads it; nil where no database was moved.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when it is damaged.
    static func read(_ folder: KeysFolder) throws -> MovedNote? {
        guard let bytes = try PrivateFile.contents(folder.moved, upTo: 8_192) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 4, lines[0] == heading, let storeID = Hexadecimal.decode(lines[1].utf8) else {
            throw StoreError(.keysFolder, "\(folder.moved) is damaged; put it back from your copy of keys_folder")
        }
        return MovedNote(storeID: storeID, engine: lines[2], target: lines[3])
    }

    /// Writes it; it survives a power cut when this returns.
    func write(_ folder: KeysFolder) throws {
        let text = "\(Self.heading)\n\(Hexadecimal.encode(storeID))\n\(engine)\n\(target)\n"
        try PrivateFile.replace(folder.moved, with: Array(text.utf8))
    }
}

extension StoreDescription.Engine {
    /// Its name in notes.
    var word: String {
        switch self {
        case .sqlite: "sqlite"
        case .postgreSQL: "postgresql"
        }
    }
}

extension StoreDescription {
    /// Refuses a database that was moved, or an earlier copy of one.
    ///
    /// - Parameters:
    ///   - move: What it says itself.
    ///   - storeID: Which it is.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/moved``, but for who completes the move.
    func refuseMoved(_ move: StoreMove?, _ storeID: [UInt8]) throws {
        if let move, move.completedAt != nil || move.target != movingTo { throw move.refusal }
        guard movingTo == nil, let note = try MovedNote.read(keys), note.engine != engine.word else { return }
        // A new one would get the keys' own id.
        let own = try storeID.isEmpty ? SealedKeyFile.read(keys.fingerprintKey)?.storeID : storeID
        guard note.storeID == own else { return }
        throw StoreError(
            .moved,
            "This is an earlier copy of a database that was moved to \(note.target), as keys_folder tells: set database "
                + "to that")
    }
}
