import Basics
import Foundation

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
struct MovedNote: Sendable, Equatable {
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
