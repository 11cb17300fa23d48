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

    /// SQLite's error with the system's error that caused it, which the next statement would overwrite.
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

/// A prepared statement that GRDB owns, bound and stepped directly: GRDB's own API allocates an array, boxes values and
/// notifies observers each time, which is too expensive for what runs once per record.
struct SQLiteStatement {
    /// Why a value could not be bound: the row must not be written with the previous value.
    private final class BindingFailure {
        var code = SQLITE_OK
    }

    private let statement: Statement
    private let raw: OpaquePointer
    private let connection: OpaquePointer?
    private let bindingFailure = BindingFailure()

    init(_ statement: Statement, _ database: Database) {
        self.statement = statement
        raw = statement.sqliteStatement
        connection = database.sqliteConnection
    }

    /// Binds a number; nil is NULL.
    func bind(_ value: Int64?, at index: Int32) {
        note(value.map { sqlite3_bind_int64(raw, index, $0) } ?? sqlite3_bind_null(raw, index))
    }

    /// Binds a text, which is copied; nil is NULL.
    func bind(_ text: String?, at index: Int32) {
        guard var text else { return bind(nil as Int64?, at: index) }
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        text.withUTF8 { utf8 in
            // SQLite treats a null pointer as NULL; an empty text may have no address.
            let start = utf8.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(raw)
            let characters = start.assumingMemoryBound(to: CChar.self)
            note(sqlite3_bind_text(raw, index, characters, Int32(utf8.count), copied))
        }
    }

    /// Binds a floating-point number; nil is NULL.
    func bind(real number: Double?, at index: Int32) {
        note(number.map { sqlite3_bind_double(raw, index, $0) } ?? sqlite3_bind_null(raw, index))
    }

    /// Binds bytes without copying them: they must stay valid until the statement has run.
    func bind(unowned bytes: UnsafeRawBufferPointer, at index: Int32) {
        if let start = bytes.baseAddress, !bytes.isEmpty {
            note(sqlite3_bind_blob(raw, index, start, Int32(bytes.count), nil))
        } else {
            note(sqlite3_bind_zeroblob(raw, index, 0))
        }
    }

    /// Binds bytes, which are copied; nil is NULL.
    func bind(copying bytes: [UInt8]?, at index: Int32) {
        guard let bytes else { return bind(nil as Int64?, at: index) }
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        bytes.withUnsafeBytes { buffer in
            guard !buffer.isEmpty else { return bind(unowned: buffer, at: index) }
            note(sqlite3_bind_blob(raw, index, buffer.baseAddress, Int32(buffer.count), copied))
        }
    }

    /// Keeps the first failure until the next step.
    private func note(_ code: Int32) {
        if code != SQLITE_OK, bindingFailure.code == SQLITE_OK { bindingFailure.code = code }
    }

    private func refuseUnbound() throws {
        let code = bindingFailure.code
        bindingFailure.code = SQLITE_OK
        sqlite3_reset(raw)
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "a value could not be bound")
    }

    /// Steps to the next row; false at the end, where the statement is ready to be bound again.
    ///
    /// - Throws: `DatabaseError` with SQLite's extended code, also when a value could not be bound since the last step.
    func step() throws -> Bool {
        if bindingFailure.code != SQLITE_OK { try refuseUnbound() }
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(raw)
            return false
        case let code:
            let message = connection.map { String(cString: sqlite3_errmsg($0)) }
            sqlite3_reset(raw)
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Runs a statement that gives no rows.
    func run() throws {
        while try step() {}
    }

    /// Discards the rows that have not been read.
    func reset() {
        sqlite3_reset(raw)
    }

    /// How many parameters it has.
    var parameterCount: Int32 { sqlite3_bind_parameter_count(raw) }

    /// A parameter's name, without its colon; nil where it has none.
    func parameterName(_ index: Int32) -> String? {
        sqlite3_bind_parameter_name(raw, index).map { String(String(cString: $0).dropFirst()) }
    }

    /// A column's name.
    func columnName(_ column: Int32) -> String { sqlite3_column_name(raw, column).map { String(cString: $0) } ?? "" }

    /// How many columns its rows have.
    var columnCount: Int32 { sqlite3_column_count(raw) }

    /// A value of the current row.
    func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(raw, column) {
        case SQLITE_INTEGER: .integer(sqlite3_column_int64(raw, column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(raw, column))
        case SQLITE_TEXT: .text(text(column) ?? "")
        case SQLITE_BLOB: .bytes(bytes(column))
        default: .null
        }
    }

    /// How many rows the last statement of this connection changed.
    var changes: Int { connection.map { Int(sqlite3_changes($0)) } ?? 0 }

    /// A number of the current row.
    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(raw, column)
    }

    /// A number of the current row, or nil for NULL.
    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : integer(column)
    }

    /// A text of the current row, or nil for NULL.
    func text(_ column: Int32) -> String? {
        sqlite3_column_text(raw, column).map { String(cString: $0) }
    }

    /// Bytes of the current row, copied; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(raw, column) else { return [] }
        let count = Int(sqlite3_column_bytes(raw, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Bytes of the current row, copied, or nil for NULL.
    func optionalBytes(_ column: Int32) -> [UInt8]? {
        sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : bytes(column)
    }
}
