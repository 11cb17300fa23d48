/// A statement that is run for many rows of parameters.
///
/// SQLite runs it for each row as it is added. PostgreSQL runs it for all of them at once when they are flushed: a run of
/// its own for a row costs four times what the row does, mostly for the start of the table's CHECK constraints, and where
/// an answer is needed a round trip. Between the first row and the flush nothing may depend on what it writes.
struct RowsStatement {
    /// As many rows as one run writes with no more memory than a few MB: what it is worth is reached long before.
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

/// The rows for which PostgreSQL is to run a statement.
final class PostgreSQLRows {
    private let each: PostgreSQLStatement
    private let all: PostgreSQLStatement
    private var rows: [[PostgreSQLStatement.Parameter]] = []

    /// Begins without rows.
    ///
    /// - Parameters:
    ///   - each: What a row is bound to.
    ///   - all: The same for arrays.
    init(_ each: PostgreSQLStatement, _ all: PostgreSQLStatement) {
        (self.each, self.all) = (each, all)
    }

    /// Adds the row that is bound.
    func add() { rows.append(each.parameters) }

    /// Sends the statement for all rows, and forgets them.
    ///
    /// - Throws: ``PostgreSQLError``, also of what was sent before.
    func run() throws {
        guard bindAll() else { return }
        try all.run()
    }

    /// Asks for what is found for the rows, and forgets these.
    ///
    /// - Parameter body: Is given a row's place and what is found for it.
    /// - Throws: ``PostgreSQLError``, also of what was sent before.
    func forEachFound(_ body: (Int, Int64) -> Void) throws {
        guard bindAll() else { return }
        while try all.step() { body(Int(all.integer(0)) - 1, all.integer(1)) }
    }

    /// Forgets the rows of a transaction that was undone.
    func forget() { rows = [] }

    private func bindAll() -> Bool {
        guard !rows.isEmpty else { return false }
        for column in all.text.types.indices {
            all.bind(.array(all.text.types[column], rows.map { $0[column] }), at: Int32(column + 1))
        }
        rows = []
        return true
    }
}
