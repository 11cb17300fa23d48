/// A statement that is prepared once, bound and stepped many times, whatever the engine.
///
/// It is what runs once per record, so it goes straight to the engine: no array, no boxed value.
struct PreparedStatement {
    /// The engine's own.
    enum Engine {
        case sqlite(SQLiteStatement)
        case postgreSQL(PostgreSQLStatement)
    }

    let engine: Engine

    init(_ statement: SQLiteStatement) {
        engine = .sqlite(statement)
    }

    init(_ statement: PostgreSQLStatement) {
        engine = .postgreSQL(statement)
    }
}

/// Binding; a value stays bound until another takes its place.
extension PreparedStatement {
    /// Binds a number; nil is NULL.
    func bind(_ value: Int64?, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(value, at: index)
        case .postgreSQL(let statement): statement.bind(value.map { .integer($0) } ?? .unknownNull, at: index)
        }
    }

    /// Binds a text, which is copied; nil is NULL.
    func bind(_ text: String?, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(text, at: index)
        case .postgreSQL(let statement): statement.bind(text.map { .text($0) } ?? .unknownNull, at: index)
        }
    }

    /// Binds a floating-point number; nil is NULL.
    func bind(real number: Double?, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(real: number, at: index)
        case .postgreSQL(let statement): statement.bind(number.map { .real($0) } ?? .unknownNull, at: index)
        }
    }

    /// Binds bytes that must stay valid until the statement has run; they may not be copied.
    func bind(unowned bytes: UnsafeRawBufferPointer, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(unowned: bytes, at: index)
        case .postgreSQL(let statement): statement.bind(.bytes(Array(bytes)), at: index)
        }
    }

    /// Binds bytes, which are copied; nil is NULL.
    func bind(copying bytes: [UInt8]?, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(copying: bytes, at: index)
        case .postgreSQL(let statement): statement.bind(bytes.map { .bytes($0) } ?? .unknownNull, at: index)
        }
    }

    /// Binds NULL for a parameter of a type.
    func bindNull(_ type: SQLType, at index: Int32) {
        switch engine {
        case .sqlite(let statement): statement.bind(nil as Int64?, at: index)
        case .postgreSQL(let statement): statement.bind(.null(type.postgreSQL), at: index)
        }
    }

    /// How many parameters it has.
    var parameterCount: Int32 {
        switch engine {
        case .sqlite(let statement): statement.parameterCount
        case .postgreSQL(let statement): Int32(statement.parameters.count)
        }
    }

    /// A parameter's name, without its colon; nil where it has none.
    func parameterName(_ index: Int32) -> String? {
        switch engine {
        case .sqlite(let statement): statement.parameterName(index)
        case .postgreSQL(let statement): statement.text.names[Int(index) - 1]
        }
    }
}

extension PreparedStatement {
    /// Steps to the next row; false at the end, where the statement is ready to be bound again.
    ///
    /// - Throws: The engine's error, also when a value could not be bound since the last step.
    func step() throws -> Bool {
        switch engine {
        case .sqlite(let statement): try statement.step()
        case .postgreSQL(let statement): try statement.step()
        }
    }

    /// Runs a statement that gives no rows. What goes wrong may be thrown by a later one of the same transaction.
    ///
    /// - Throws: The engine's error.
    func run() throws {
        switch engine {
        case .sqlite(let statement): try statement.run()
        case .postgreSQL(let statement): try statement.run()
        }
    }

    /// Runs a statement that gives no rows, with numbers as its parameters.
    ///
    /// - Throws: The engine's error.
    func run(_ first: Int64?, _ second: Int64? = nil, _ third: Int64? = nil) throws {
        let count = parameterCount
        bind(first, at: 1)
        if count > 1 { bind(second, at: 2) }
        if count > 2 { bind(third, at: 3) }
        try run()
    }

    /// Discards the rows that have not been read.
    func reset() {
        switch engine {
        case .sqlite(let statement): statement.reset()
        case .postgreSQL(let statement): statement.reset()
        }
    }

    /// How many rows the last statement of this connection changed.
    var changes: Int {
        switch engine {
        case .sqlite(let statement): statement.changes
        case .postgreSQL(let statement): statement.changes
        }
    }
}

/// The current row.
extension PreparedStatement {
    /// How many columns its rows have.
    var columnCount: Int32 {
        switch engine {
        case .sqlite(let statement): statement.columnCount
        case .postgreSQL(let statement): statement.columnCount
        }
    }

    /// A column's name.
    func columnName(_ column: Int32) -> String {
        switch engine {
        case .sqlite(let statement): statement.columnName(column)
        case .postgreSQL(let statement): statement.columnName(column)
        }
    }

    /// A value.
    func value(_ column: Int32) -> SQLValue {
        switch engine {
        case .sqlite(let statement): statement.value(column)
        case .postgreSQL(let statement): statement.value(column)
        }
    }

    /// A number; 0 for NULL.
    func integer(_ column: Int32) -> Int64 {
        switch engine {
        case .sqlite(let statement): statement.integer(column)
        case .postgreSQL(let statement): statement.integer(column)
        }
    }

    /// A number, or nil for NULL.
    func optionalInteger(_ column: Int32) -> Int64? {
        switch engine {
        case .sqlite(let statement): statement.optionalInteger(column)
        case .postgreSQL(let statement): statement.bytes(column) == nil ? nil : statement.integer(column)
        }
    }

    /// A text, or nil for NULL.
    func text(_ column: Int32) -> String? {
        switch engine {
        case .sqlite(let statement): statement.text(column)
        case .postgreSQL(let statement): statement.bytes(column).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Bytes, copied; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        switch engine {
        case .sqlite(let statement): statement.bytes(column)
        case .postgreSQL(let statement): statement.bytes(column).map { Array($0) } ?? []
        }
    }

    /// Bytes, copied, or nil for NULL.
    func optionalBytes(_ column: Int32) -> [UInt8]? {
        switch engine {
        case .sqlite(let statement): statement.optionalBytes(column)
        case .postgreSQL(let statement): statement.bytes(column).map { Array($0) }
        }
    }
}

/// The type of a parameter that is NULL.
enum SQLType {
    case integer
    case real
    case text
    case bytes
}

/// A statement that is run for many rows of parameters.
///
/// SQLite runs it for each row as it is added. PostgreSQL runs it for all of them at once when they are flushed: a run of
/// its own for a row costs four times what the row does, mostly for the start of the table's CHECK constraints, and where
/// an answer is needed a round trip. Between the first row and the flush nothing may depend on what it writes.
struct RowsStatement {
    /// The most rows of one run. A few hundred cost hardly more than one, and their parameters take a few MB.
    static let most = 512

    /// To bind a row's parameters to, as they are numbered in the statement.
    let row: PreparedStatement
    private let rows: PostgreSQLRows?

    /// Prepares a statement.
    ///
    /// - Parameters:
    ///   - database: Where.
    ///   - sql: `INSERT INTO … VALUES (…)`, `UPDATE … SET … WHERE …`, or `SELECT …` of one column and at most one row;
    ///     what follows `ON CONFLICT` has no parameters.
    ///   - types: Those of its parameters.
    /// - Throws: The engine's error.
    init(_ database: StoreConnection, _ sql: String, _ types: [SQLType]) throws {
        row = try database.prepare(sql)
        guard case .postgreSQL(let connection) = database.engine, case .postgreSQL(let each) = row.engine else {
            rows = nil
            return
        }
        rows = connection.rows(each, PostgreSQLText(sql, forRowsOf: types))
    }

    /// Adds the row that is bound.
    ///
    /// - Throws: The engine's error.
    func add() throws {
        if let rows { rows.add() } else { try row.run() }
    }

    /// Runs it for the rows that were added and not run yet.
    ///
    /// - Throws: The engine's error; of PostgreSQL's perhaps by a later statement of the transaction.
    func flush() throws { try rows?.run() }

    /// Adds the row that is bound, and runs it.
    ///
    /// - Throws: The engine's error.
    func run() throws {
        try add()
        try flush()
    }
}

extension RowsStatement {
    /// Looks a number up for each of many keys.
    ///
    /// - Parameters:
    ///   - first: The first parameter of each row.
    ///   - second: The second, where it has one.
    /// - Returns: For each row the first column of what was found; nil: nothing was.
    /// - Throws: The engine's error.
    func integers(for first: [Int64], _ second: [Int64]? = nil) throws -> [Int64?] {
        var found: [Int64?] = []
        found.reserveCapacity(first.count)
        for index in first.indices {
            row.bind(first[index], at: 1)
            if let second { row.bind(second[index], at: 2) }
            if let rows {
                rows.add()
                found.append(nil)
            } else {
                found.append(try row.step() ? row.integer(0) : nil)
                row.reset()
            }
        }
        try rows?.forEachFound { found[$0] = $1 }
        return found
    }
}
