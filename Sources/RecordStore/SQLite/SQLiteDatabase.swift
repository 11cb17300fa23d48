import Basics
import GRDB

/// An SQLite database, as GRDB keeps it open.
struct SQLiteDatabase: StoreDatabase {
    let pool: DatabasePool

    /// The database's file.
    var path: String { pool.path }

    func read<T>(_ work: (StoreConnection) throws -> T) throws -> T {
        try pool.read { try work(StoreConnection($0)) }
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

    func close() throws { try pool.close() }
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
