import Basics
import Foundation
import GRDB
import Migrations

/// An SQLite database, as GRDB keeps it open.
struct SQLiteDatabase: StoreDatabase {
    let pool: DatabasePool
    private let admission = ReadAdmission()

    init(pool: DatabasePool) { self.pool = pool }

    /// The database's file.
    var path: String { pool.path }

    func read<T>(_ work: (StoreConnection) throws -> T) throws -> T {
        try admission.read { try pool.read { try work(StoreConnection($0)) } }
    }

    func withWriter(_ work: (StoreConnection) throws -> Void) throws {
        try pool.writeWithoutTransaction { try work(StoreConnection($0)) }
    }

    func room(isRunner: Bool) -> (any DatabaseRoom)? {
        SQLiteRoom(
            probe: RoomProbe(database: path), checkpoint: isRunner ? WALCheckpoint(database: path) : nil)
    }

    /// While no process runs, the file alone is then the complete database and can be copied. A reader may prevent it;
    /// then the next process to open it continues from the WAL.
    func settle(_ connection: StoreConnection) { try? connection.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }

    func close() throws { try admission.end { try pool.close() } }
}

/// Room on the disk that holds an SQLite database.
struct SQLiteRoom: DatabaseRoom {
    let probe: RoomProbe
    /// Nil in a process that works beside the runner.
    let checkpoint: WALCheckpoint?

    func isThere() -> Bool { probe.hasRoom() }

    /// Copies the WAL into the database as far as that has space, so that the next commit overwrites the WAL from its
    /// start: on a small disk the WAL alone may take all the space, long before SQLite would copy it back by itself.
    func make() {
        // On a full disk it may fail as well; the WAL still holds everything.
        _ = try? checkpoint?.run()
    }
}

extension RecordStore {
    /// The database, where SQLite keeps it.
    ///
    /// - Throws: ``StoreError`` where another engine does.
    var sqlite: SQLiteDatabase {
        get throws {
            guard let database = database as? SQLiteDatabase else { throw StoreError.sqliteOnly }
            return database
        }
    }
}

extension StoreError {
    /// What is done with SQLite's files only.
    static var sqliteOnly: StoreError {
        StoreError(.notOffered, "This is not offered on PostgreSQL yet")
    }
}

/// The database file: how it is opened and migrated to this version.
struct DatabaseFile {
    let path: String

    /// Whether it is there.
    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Refuses to create a new database where a mark or a trace shows that calls were made from one that is missing.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/noDatabase``.
    func refuseLoss(_ places: LedgerPlaces) throws {
        if let loss = loss(places) { throw loss }
    }

    /// The file showing that the database existed and is missing; nil when it exists or never did.
    func loss(_ places: LedgerPlaces) -> StoreError? {
        guard Self.byteCount(path) == 0, !places.existing.isEmpty else { return nil }
        return StoreError.refused(.databaseMissing, self, places)
    }

    /// The length of a file in bytes; 0 when it is missing.
    static func byteCount(_ path: String) -> Int {
        // A file that cannot be examined counts as missing too, and opening is then refused.
        (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    }

    /// Its last path component, for messages.
    var name: String { URL(fileURLWithPath: path).lastPathComponent }

    /// Creates it empty, mode 0600; SQLite gives its companions the same mode.
    func create() throws {
        try PrivateFile.createFolder(of: path)
        _ = try PrivateFile.create(path)
        try PrivateFile.synchronizeFolder(of: path)
    }

    /// Opens it for writing, with every commit synchronized.
    func openForWriting(whileBusy busyMode: Database.BusyMode = BusyWait.patient) throws -> DatabasePool {
        var configuration = Self.configuration(label: "rollcall.writer")
        configuration.busyMode = busyMode
        configuration.prepareDatabase { [writerPragmas] database in
            // The pool prepares its readers here too.
            if !database.configuration.readonly { try database.execute(sql: writerPragmas) }
        }
        let pool = try open(configuration)
        // After opening: GRDB's pool sets NORMAL once it has prepared the connection.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }

    /// Refuses a database that does not exist.
    func requireExistence() throws {
        guard exists else {
            throw StoreError(.noDatabase, "There is no database \(name); the first run makes one, or correct database")
        }
    }

    /// Refuses a folder, which a container makes of a file's place that is mounted and missing.
    private func refuseFolder() throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return }
        throw StoreError(.noDatabase, "\(path) is a folder: name the database's file in it, as database")
    }

    /// Opens it for reading beside a writer.
    func openForReading() throws -> DatabasePool {
        try requireExistence()
        var configuration = Self.configuration(label: "rollcall.reader")
        configuration.readonly = true
        return try open(configuration)
    }

    /// Migrates it to this version, after making a copy beside it when it had another.
    func migrate(
        _ pool: DatabasePool, with migrations: Migrations,
        preparing preparations: [Int: @Sendable (Database) throws -> Void]
    ) throws {
        let found = try pool.read { try migrations.version(of: $0) }
        guard found <= migrations.version else {
            throw StoreError.schemaVersion(found: found, known: migrations.version)
        }
        if found > 0, found < migrations.version { try copy(pool, version: found) }
        try migrations.apply(to: pool, preparing: preparations)
    }

    private func copy(_ pool: DatabasePool, version: Int) throws {
        let target = "\(path).v\(version).bak"
        // There is usually none. One that cannot be removed makes the creation fail, before anything is migrated.
        try? FileManager.default.removeItem(atPath: target)
        // SQLite accepts an empty file; created here, it has the right mode.
        _ = try PrivateFile.create(target)
        try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [target]) }
        try PrivateFile.synchronizeFolder(of: target)
    }

    private func open(_ configuration: Configuration) throws -> DatabasePool {
        try refuseFolder()
        return try translating(configuration.readonly ? .reading : .writing) {
            try DatabasePool(path: path, configuration: configuration)
        }
    }

    /// Performs work on a database that is being opened and translates SQLite's errors into ``StoreError``.
    ///
    /// On a full disk SQLite cannot create the database's companions (-wal, -shm), which it reports under various
    /// codes.
    func translating<Value>(_ access: StoreError.Access, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            throw StoreError(
                .damaged,
                "\(name) is damaged or no database: restore it from a backup, as \(Hint.help(["restore"])) says, or correct "
                    + "`database`", cause: "SQLite: \(error.extendedResultCode)")
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            // Only while a database is made does it keep a rollback journal.
            throw StoreError(
                .notReadable,
                "\(name) was left unfinished by a run or daemon that was interrupted as it made it: the next one finishes it",
                cause: "SQLite: \(error.extendedResultCode)")
        } catch let error as DatabaseError {
            throw StoreError(error, while: access, because: isWithoutRoom ? SystemFault(ENOSPC) : nil)
        }
    }

    /// Whether the file system lacks space even for one page and what SQLite keeps beside it.
    private var isWithoutRoom: Bool {
        var facts = statvfs()
        guard statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &facts) == 0 else { return false }
        return Int(facts.f_bavail) * Int(facts.f_frsize) < 64 << 10
    }

    static func configuration(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// Page size and vacuum mode take effect on a new file only; with 8 KiB four answers share a page, and a group of
    /// 32 finished records takes a tenth less time than with 4. The WAL is checkpointed every 16 MiB, on a small file
    /// system more often, and truncated to 32.
    private var writerPragmas: String {
        """
        PRAGMA page_size = 8192;
        PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA secure_delete = ON;
        PRAGMA wal_autocheckpoint = \(SpaceAllowance(besideDatabase: path).checkpointPages);
        PRAGMA journal_size_limit = 33554432;
        PRAGMA cache_size = -8192;
        PRAGMA temp_store = MEMORY;
        """
    }
}

extension DatabaseFile {
    /// The identity of the existing database; nil when there is none or it cannot be read.
    func storeID() -> [UInt8]? {
        // A database that cannot be read may be damaged, and that is no reason not to replace it.
        guard exists, let queue = try? queue() else { return nil }
        // It is only read from, so nothing is lost if it does not close.
        defer { try? queue.close() }
        // As above: what cannot be read names no owner.
        return try? queue.read { try StoreIdentity.fetch(StoreConnection($0))?.storeID }
    }

    /// Gives the existing database another name, from which it can be restored; no process may have it open.
    ///
    /// Its old name is removed only when another file takes it, so that there is a database at all times.
    ///
    /// - Returns: The name's path; nil when there was none.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/locked`` when it is open elsewhere.
    func setAside() throws -> String? {
        guard exists else { return nil }
        try makeOneFile()
        let aside = try freeName()
        // Only a database too damaged to be merged into one file still has these. A WAL must never be paired with
        // another database.
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        if link(path, aside) != 0 { try FileManager.default.moveItem(atPath: path, toPath: aside) }
        return aside
    }

    /// Moves the WAL's content into the file. SQLite does so only for the last process that has it open, so this also
    /// tells whether another has.
    private func makeOneFile() throws {
        do {
            let queue = try queue()
            // The mode tells what SQLite has done by then; closing changes nothing about it.
            defer { try? queue.close() }
            let mode = try queue.writeWithoutTransaction {
                try String.fetchOne($0, sql: "PRAGMA journal_mode = DELETE")
            }
            guard mode == "delete" else { throw inUse }
        } catch let error as DatabaseError {
            if [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) { throw inUse }
            // It is damaged, which may be why it is being replaced.
        }
    }

    private var inUse: StoreError {
        StoreError(.locked, "\(name) is still open elsewhere; end the other commands first, then try again")
    }

    private func freeName() throws -> String {
        var number = 1
        while FileManager.default.fileExists(atPath: "\(path).before-restore-\(number)") { number += 1 }
        return "\(path).before-restore-\(number)"
    }

    private func queue() throws -> DatabaseQueue {
        var configuration = Self.configuration(label: "rollcall.restore")
        configuration.busyMode = .immediateError
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}

/// How long a writer waits for another process's transaction.
///
/// SQLite's own busy handler soon checks only ten times a second, and would find the gaps between a busy runner's
/// transactions late or never; the gaps last milliseconds, so this checks that often.
enum BusyWait {
    /// Attempts a millisecond apart, which catch the gaps of a busy runner.
    private static let quickLooks = 200
    /// Attempts in all; those after the quick ones are 5 ms apart, so that a long transaction costs little to wait for.
    private static let looks = 2_000

    /// Waits about ten seconds in all.
    static let patient = Database.BusyMode.callback { looked in
        guard looked < looks else { return false }
        usleep(looked < quickLooks ? 1_000 : 5_000)
        return true
    }
}
