import Basics
import GRDB
import GRDBSQLite

/// A connection to an SQLite database, which GRDB opened.
struct SQLiteConnection {
    /// How often a transaction is begun before another process's lock is a failure; each waits ten seconds
    /// (``BusyWait``), so that five minutes pass.
    private static let busyTries = 30

    let database: Database

    func prepare(_ sql: String) throws -> SQLiteStatement {
        SQLiteStatement(try database.makeStatement(sql: sql), database)
    }

    func cached(_ sql: String) throws -> SQLiteStatement {
        SQLiteStatement(try database.cachedStatement(sql: sql), database)
    }

    func execute(script: String) throws { try database.execute(sql: script) }

    var changesCount: Int { database.changesCount }

    func columns(of table: String) throws -> [String] {
        try database.tableExists(table) ? database.columns(in: table).map(\.name) : []
    }

    /// Another process may hold the write lock; nothing is abandoned while waiting can resolve that.
    func begin() throws {
        let begin = try cached("BEGIN IMMEDIATE")
        for _ in 1..<Self.busyTries {
            do {
                return try begin.run()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                continue
            }
        }
        try begin.run()
    }

    /// SQLite's error with the system's error behind it, which the next statement would overwrite.
    func described(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError, !StoreError.concernsOneOperation(error) else { return error }
        let systemError = database.sqliteConnection.map { sqlite3_system_errno($0) } ?? 0
        return StoreError(error, while: .writing, because: systemError == 0 ? nil : SystemFault(systemError))
    }
}

extension StoreConnection {
    /// A connection that GRDB opened.
    convenience init(_ database: Database) {
        self.init(SQLiteConnection(database: database))
    }

    /// The connection, where it is one to an SQLite database.
    ///
    /// - Throws: ``StoreError`` where it is not.
    var sqlite: SQLiteConnection {
        get throws {
            guard case .sqlite(let connection) = engine else { throw StoreError.sqliteOnly }
            return connection
        }
    }

    /// The names of a table's columns, in their order; none where there is no such table. Of SQLite only.
    ///
    /// - Throws: The engine's error.
    func columns(of table: String) throws -> [String] { try sqlite.columns(of: table) }
}
