import Foundation
import GRDB

/// Copies the WAL back into the database, on a connection of its own, so that the writer never waits for a reader.
struct WALCheckpoint: Sendable {
    /// Below this the file is left as it is, and written over from its start.
    static let usualBytes = 32 << 20

    let database: String

    /// How many bytes the WAL takes.
    var byteCount: Int {
        (try? FileManager.default.attributesOfItem(atPath: database + "-wal"))?[.size] as? Int ?? 0
    }

    /// Copies what no reader still needs; an overlong WAL is cut when nothing of it is needed any more.
    ///
    /// - Returns: Whether all of it was copied.
    func run() throws -> Bool {
        var configuration = DatabaseFile.configuration(label: "rollcall.checkpoint")
        configuration.busyMode = .immediateError
        let queue = try DatabaseQueue(path: database, configuration: configuration)
        let isWhole = try queue.writeWithoutTransaction { connection in
            let isWhole = try Self.checkpoint("PASSIVE", connection)
            // Cutting shuts writers out, but all that is left to copy is what came in since.
            if isWhole, byteCount > Self.usualBytes { return try Self.checkpoint("TRUNCATE", connection) }
            return isWhole
        }
        try queue.close()
        return isWhole
    }

    private static func checkpoint(_ mode: String, _ connection: Database) throws -> Bool {
        let row = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(\(mode))")
        // busy, frames in the WAL, frames copied back
        guard let row, row[0] == 0 else { return false }
        return (row[1] as Int) == (row[2] as Int)
    }
}
