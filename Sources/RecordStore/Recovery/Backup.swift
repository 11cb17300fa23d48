import Basics
import Foundation
import GRDB
import Migrations
import OpenSSL

extension RecordStore {
    /// Copies the database into a file as one consistent snapshot, even while batches run.
    ///
    /// The copy is checked and synchronized before it gets its name, mode 0600. Sealed values stay sealed; no
    /// key that opens them is in it: these are in `keys_folder`. It takes as long as the database takes to be read.
    ///
    /// - Parameter path: The file, which must not exist.
    /// - Throws: ``StoreError`` when it exists or can't be written, or the database is damaged.
    package func backUp(to path: String) async throws {
        try await BlockingWork.run { try backUpWaiting(to: path) }
    }

    private func backUpWaiting(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { throw DatabaseCopy.taken(path) }
        let copy = try DatabaseCopy(for: path)
        do {
            try copy.fill(from: sqlite.path)
            try copy.inspect(called: URL(fileURLWithPath: path).lastPathComponent) { _ in }
            try copy.settle(at: path)
        } catch {
            copy.discard()
            throw (error as? DatabaseError).map { StoreError(copying: $0) } ?? error
        }
    }
}

/// A copy of a database under a temporary name until it is complete and takes its place.
struct DatabaseCopy: Sendable {
    let path: String

    /// Creates an empty copy beside its destination, mode 0600; SQLite accepts an empty file.
    init(for target: String) throws {
        let letters = try SecureRandom.bytes(4).map { String($0 % 26 + 10, radix: 36) }.joined()
        path = "\(target).part-\(letters)"
        _ = try PrivateFile.create(path)
    }

    /// Fills it with a consistent snapshot of a database that may be in use.
    func fill(from source: String) throws {
        // On a connection of its own: the pool's may be in a transaction.
        let queue = try DatabaseQueue(path: source, configuration: DatabaseFile.configuration(label: "rollcall.backup"))
        try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        try queue.close()
    }

    /// Fills it from a file that nobody writes to and from the companions SQLite left beside that.
    func fill(fromFile source: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: source + suffix) {
            let target = try PrivateFile.open(path + suffix)
            try target.append(contentOf: StoreFile(source + suffix, O_RDONLY))
        }
    }

    /// Merges it into one file, checks all of it, and reads from it.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/damaged``, giving the name the operator knows.
    func inspect<T>(called name: String, _ body: (StoreConnection) throws -> T) throws -> T {
        do {
            let queue = try DatabaseQueue(path: path, configuration: DatabaseFile.configuration(label: "rollcall.copy"))
            let value = try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                guard try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"] else {
                    throw StoreError(.damaged, "\(name) is damaged; use another copy")
                }
                return try body(StoreConnection(database))
            }
            try queue.close()
            return value
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            throw StoreError(
                .damaged, "\(name) is damaged or no database; use another copy",
                cause: "SQLite: \(error.extendedResultCode)")
        } catch let error as DatabaseError {
            throw StoreError(copying: error)
        }
    }

    /// Makes what was written survive a power cut.
    func synchronize() throws {
        try StoreFile(path, O_RDWR).synchronize()
    }

    /// Moves it into place, where no file may exist.
    func settle(at target: String) throws {
        try synchronize()
        // link fails where a name is taken, rename does not (`man 2 link`). Some file systems have no links.
        if link(path, target) == 0 {
            discard()
        } else if errno == EEXIST || FileManager.default.fileExists(atPath: target) {
            throw Self.taken(target)
        } else if rename(path, target) != 0 {
            throw Self.failure(target)
        }
        try PrivateFile.synchronizeFolder(of: target)
    }

    /// Moves it into place, replacing what is there.
    func replace(_ target: String) throws {
        try synchronize()
        guard rename(path, target) == 0 else { throw Self.failure(target) }
        try PrivateFile.synchronizeFolder(of: target)
    }

    /// Removes it and what SQLite may have left beside it.
    func discard() {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    /// Refuses to overwrite a file.
    static func taken(_ path: String) -> StoreError {
        StoreError(
            .notAllowed, "\(URL(fileURLWithPath: path).lastPathComponent) is there already; name a file that is not")
    }

    private static func failure(_ path: String) -> StoreError {
        let fault = SystemFault(errno)
        let name = URL(fileURLWithPath: path).lastPathComponent
        return StoreError(name, cannotBe: "put in its place", because: fault)
    }
}

extension StoreError {
    /// A copy could not be made: if a disk is full, it is the copy's.
    init(copying error: DatabaseError) {
        let failure = StoreError(error, while: .writing)
        guard failure.code == .diskFull else {
            self = failure
            return
        }
        self.init(
            .diskFull, "The disk that the copy is to be on is full: make room on it and try again", cause: failure.cause
        )
    }
}

/// What a copy of a database says about itself. It may be of any version, so only what the first one had is read.
struct CopyFacts: Sendable {
    let identity: StoreIdentity
    let version: Int
    let ledger: LedgerEvidence.Ledger
    let lastBatch: Int64
    let openAttempts: Int
    /// The period keys that it needs.
    let periodKeys: [PeriodKeyName]
    /// The unfinished batches: their names, how many records are queued again, and how many untried.
    let unfinished: [(name: String, ready: Int, untried: Int)]

    init(_ database: StoreConnection, called name: String) throws {
        version = try Migrations.all.version(of: database.sqlite.database)
        guard version > 0, try !database.columns(of: "store").isEmpty, let identity = try StoreIdentity.fetch(database)
        else {
            throw StoreError(.damaged, "\(name) is not a database of Rollcall; use a file that backup wrote")
        }
        self.identity = identity
        ledger = try LedgerEvidence.Ledger(database)
        lastBatch = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'batches'") ?? 0
        openAttempts = try Int.fetchOne(database, sql: "SELECT total(in_flight) FROM batches") ?? 0
        periodKeys = try database.columns(of: "period_keys").isEmpty ? [] : PeriodKeyName.all(.live, database)
        let sql = """
            SELECT name, (SELECT count(*) FROM ready WHERE batch_id = id) AS again, queued
            FROM batches WHERE finished_at IS NULL ORDER BY id
            """
        unfinished = try StoredRow.fetchAll(database, sql: sql).map { ($0[0], $0[1], $0[2] - $0[1]) }
    }

    /// What the next start will find.
    ///
    /// - Parameters:
    ///   - verdict: What mark and trace say of the copy.
    ///   - named: The batches that they know to have had calls.
    /// - Returns: What the operator is shown.
    func report(_ verdict: LedgerReconciliation, _ named: [BatchJournal.Entry]) -> RestoreReport {
        var report = RestoreReport(openAttempts: openAttempts, schemaVersion: version)
        switch verdict {
        case .whole, .refused:
            (report.lostAttempts, report.unknownBatches) = (0, 0)
            return report
        case .restored(let lost):
            report.lostAttempts = lost
            report.unknownBatches = Set(named.map(\.batch)).filter { $0 > lastBatch }.count
        case .unknown(let cause, _): report.unknownBecause = cause.text
        }
        let lost = Int(clamping: report.lostAttempts ?? .max)
        report.pausedBatches = unfinished.map(\.name)
        report.doubtedRecords = unfinished.reduce(0) { $0 + $1.ready + min(lost, $1.untried) }
        return report
    }
}
