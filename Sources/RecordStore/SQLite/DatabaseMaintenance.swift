import Basics
import Foundation
import GRDB

extension RecordStore {
    /// Whether the database passes its engine's quick check of itself. It reads all of it: a few seconds per gigabyte.
    ///
    /// - Returns: False where the file is damaged.
    /// - Throws: ``StoreError`` when it can't be read at all.
    package func isSound() async throws -> Bool {
        // PostgreSQL has no such check; its own tools do that.
        guard self.database is SQLiteDatabase else { return true }
        return try await read { database in
            // Pages and indexes, but not whether they agree.
            try String.fetchAll(database, sql: "PRAGMA quick_check(1)") == ["ok"]
        }
    }

    /// Maintains the database: keeps its log short, and releases free space in small steps. The work is bounded and
    /// never blocks writers for long; once a minute is often enough.
    ///
    /// - Returns: What was done.
    /// - Throws: ``StoreError`` when the database can't be written.
    package func maintain() async throws -> MaintenanceReport { try await maintain(givingBackUpTo: FreePages.most) }

    /// The same with another number of pages that are released at the most.
    func maintain(givingBackUpTo pages: Int) async throws -> MaintenanceReport {
        // Planner statistics are not collected: the statements were measured as they are planned without them.
        try requireRunning()
        var report = MaintenanceReport()
        // A server looks after its own.
        guard database is SQLiteDatabase else { return report }
        report.pagesGivenBack = try await giveBack(upTo: pages)
        let checkpoint = WALCheckpoint(database: try sqlite.path)
        report.logBytesBefore = checkpoint.byteCount
        report.isHeldByReader = try await !run(checkpoint)
        report.logBytes = checkpoint.byteCount
        return report
    }

    /// How many bytes the database has on its disk, and beside it the log of what was changed. A server's log is not this
    /// database's alone, and nil here; so is the size of a file that cannot be looked at.
    ///
    /// - Throws: ``StoreError`` when a server can't be asked.
    package func bytesOnDisk() async throws -> (database: Int?, log: Int?) {
        guard database is SQLiteDatabase else {
            return (try await read { try Int.fetchOne($0, sql: "SELECT pg_database_size(current_database())") }, nil)
        }
        let path = try sqlite.path
        return await BlockingWork.run { (Self.byteCount(of: path), Self.byteCount(of: path + "-wal")) }
    }

    private static func byteCount(of path: String) -> Int? {
        // A file that is not there has no size to show.
        try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    }

    /// Checkpoints the WAL as far as readers allow, so that losing the WAL loses no batch.
    func copyBackWAL() async {
        // What could not be copied stays in the WAL, which holds everything.
        _ = try? await run(WALCheckpoint(database: sqlite.path))
    }

    private func run(_ checkpoint: WALCheckpoint) async throws -> Bool {
        // It synchronizes files.
        try await BlockingWork.run { try StoreError.translating(.writing) { try checkpoint.run() } }
    }

    private func giveBack(upTo pages: Int) async throws -> Int {
        var given = 0
        while given < pages {
            let left = pages - given
            let step = try await write { try $0.giveBack(upTo: left) }
            if step == 0 { break }
            given += step
        }
        return given
    }
}

extension WriterConnection {
    /// Releases one step's worth of excess free pages.
    ///
    /// - Returns: How many; 0 when there is no excess.
    fileprivate func giveBack(upTo pages: Int) throws -> Int {
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let total = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let count = min(FreePages(free: free, total: total).surplus, FreePages.step, pages)
        guard count > 0 else { return 0 }
        try database.execute(sql: "PRAGMA incremental_vacuum(\(count))")
        return free - (try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0)
    }
}

/// What a maintenance run did.
package struct MaintenanceReport: Sendable, Equatable {
    /// How many bytes the log had before.
    package var logBytesBefore = 0
    /// How many it has now.
    package var logBytes = 0
    /// Whether a reader keeps the log from being shortened; it grows until that is done.
    package var isHeldByReader = false
    /// How many free pages were returned to the file system.
    var pagesGivenBack = 0
}

/// How many of a database's free pages are returned to the file system. A pure rule.
///
/// The next night needs about as many as the last one freed, so some are kept: releasing a page means moving another.
struct FreePages: Equatable {
    /// One step blocks other writers for some milliseconds.
    static let step = 64
    /// Pages of 8 KiB that are released at one time: 32 MiB.
    static let most = 4_096
    /// Pages of 8 KiB that are kept at the least: 8 MiB.
    private static let kept = 1_024
    /// One page of so many is kept in a larger database.
    private static let keptShare = 20

    let surplus: Int

    /// Decides from the number of free pages and of all pages.
    init(free: Int, total: Int) {
        surplus = max(0, free - max(Self.kept, total / Self.keptShare))
    }
}

/// Checkpoints the WAL on a connection of its own, so that the writer never waits for a reader.
struct WALCheckpoint: Sendable {
    /// Below this size the file is left as it is and overwritten from its start.
    static let usualBytes = 32 << 20

    let database: String

    /// How many bytes the WAL takes.
    var byteCount: Int {
        // A WAL that is not there takes no bytes.
        (try? FileManager.default.attributesOfItem(atPath: database + "-wal"))?[.size] as? Int ?? 0
    }

    /// Copies what no reader still needs; a WAL that is too long is truncated once none of it is needed.
    ///
    /// - Parameter truncates: Whether it is truncated however short it is.
    /// - Returns: Whether all of it was copied, and truncated where that was asked for.
    /// - Throws: `DatabaseError` when it can't be read or written.
    func run(truncating truncates: Bool = false) throws -> Bool {
        var configuration = DatabaseFile.configuration(label: "rollcall.checkpoint")
        configuration.busyMode = .immediateError
        let queue = try DatabaseQueue(path: database, configuration: configuration)
        let isWhole = try queue.writeWithoutTransaction { connection in
            let isWhole = try Self.checkpoint("PASSIVE", connection)
            // Truncating blocks writers, but only what arrived since is left to copy.
            if isWhole, truncates || byteCount > Self.usualBytes { return try Self.checkpoint("TRUNCATE", connection) }
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
