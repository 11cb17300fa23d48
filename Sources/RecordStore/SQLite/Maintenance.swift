import Dispatch
import Foundation
import GRDB

extension RecordStore {
    /// Looks after the database's files: copies the WAL back and cuts it when it is overlong, and gives free pages back
    /// in small steps. Bounded work that keeps no writer waiting for long; once a minute is often enough.
    ///
    /// Statistics for the planner are not gathered: the statements were measured as they are planned without.
    ///
    /// - Parameter pages: The most free pages to give back this time.
    /// - Returns: What it brought.
    /// - Throws: ``StoreError`` when the database can't be written.
    public func maintain(givingBackUpTo pages: Int = 4_096) async throws -> MaintenanceReport {
        try requireRunning()
        var report = MaintenanceReport()
        report.pagesGivenBack = try await giveBack(upTo: pages)
        let checkpoint = WALCheckpoint(database: pool.path)
        report.walBytesBefore = checkpoint.byteCount
        report.isHeldByReader = try await !run(checkpoint)
        report.walBytes = checkpoint.byteCount
        return report
    }

    /// Copies the WAL back into the database as far as nobody is in the way, so that a lost WAL costs no batch.
    func copyBackWAL() async {
        // What could not be copied stays in the WAL, and everything is written down there.
        _ = try? await run(WALCheckpoint(database: pool.path))
    }

    /// Off the cooperative threads: it synchronizes files.
    private func run(_ checkpoint: WALCheckpoint) async throws -> Bool {
        try await withCheckedThrowingContinuation { waiter in
            DispatchQueue.global(qos: .utility).async {
                waiter.resume(with: Result { try StoreError.translating(.writing) { try checkpoint.run() } })
            }
        }
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
    /// Gives back one step of what is too many of the free pages.
    ///
    /// - Returns: How many; none when there are not too many.
    fileprivate func giveBack(upTo pages: Int) throws -> Int {
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let total = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let count = min(FreePages(free: free, total: total).surplus, FreePages.step, pages)
        guard count > 0 else { return 0 }
        try database.execute(sql: "PRAGMA incremental_vacuum(\(count))")
        return free - (try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0)
    }
}

/// What a look after the database's files brought.
public struct MaintenanceReport: Sendable, Equatable {
    /// How many bytes the WAL took when it was looked at.
    public var walBytesBefore = 0
    /// How many it takes now.
    public var walBytes = 0
    /// Whether somebody who reads keeps it from being copied back whole; it grows until they are done.
    public var isHeldByReader = false
    /// How many free pages went back to the file system.
    public var pagesGivenBack = 0
}

/// How many of a database's free pages go back to the file system. A pure rule.
///
/// The next night needs about as many as the last one freed, so a part is kept: giving back costs moving a page.
struct FreePages: Equatable {
    /// A step keeps other writers waiting for some milliseconds.
    static let step = 64
    private static let kept = 1_024
    private static let keptShare = 20

    let surplus: Int

    /// With so many free pages among so many in all.
    init(free: Int, total: Int) {
        surplus = max(0, free - max(Self.kept, total / Self.keptShare))
    }
}

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
