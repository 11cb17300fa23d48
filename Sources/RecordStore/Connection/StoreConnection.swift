import Basics

/// A connection to the database, as transactions use it, whatever the engine: statements with parameters, and their rows.
///
/// It belongs to one thread at a time. SQL is written once, in what every engine takes; what only one of them wants, such
/// as the name of an index to use, is left out by the others.
final class StoreConnection {
    /// The engine's own.
    enum Engine {
        case sqlite(SQLiteConnection)
        case postgreSQL(PostgreSQLConnection)
    }

    let engine: Engine

    init(_ connection: SQLiteConnection) {
        engine = .sqlite(connection)
    }

    init(_ connection: PostgreSQLConnection) {
        engine = .postgreSQL(connection)
    }

    /// Prepares a statement for as long as the value lives.
    ///
    /// - Throws: The engine's error.
    func prepare(_ sql: String) throws -> PreparedStatement {
        switch engine {
        case .sqlite(let connection): PreparedStatement(try connection.prepare(sql))
        case .postgreSQL(let connection): PreparedStatement(connection.statement(sql))
        }
    }

    /// A statement that is prepared once for the connection. It must not be stepped by two at the same time.
    ///
    /// - Throws: The engine's error.
    func cached(_ sql: String) throws -> PreparedStatement {
        switch engine {
        case .sqlite(let connection): PreparedStatement(try connection.cached(sql))
        case .postgreSQL(let connection): PreparedStatement(connection.statement(sql))
        }
    }

    /// Runs a statement.
    ///
    /// - Throws: The engine's error.
    func execute(sql: String, arguments: SQLArguments = []) throws {
        if case .sqlite(let connection) = engine, arguments.isEmpty { return try connection.execute(script: sql) }
        let statement = try cached(sql)
        try statement.bind(arguments)
        while try statement.step() {}
    }

    /// Whether the database lies in a file of which every byte is this program's to overwrite; else a server has it.
    var isFile: Bool {
        switch engine {
        case .sqlite: true
        case .postgreSQL: false
        }
    }

    /// How many rows the last statement changed.
    var changesCount: Int {
        switch engine {
        case .sqlite(let connection): connection.changesCount
        case .postgreSQL(let connection): connection.changesCount
        }
    }
}

/// The transaction around a group of writes.
extension StoreConnection {
    /// Begins a transaction that may write, and waits for those of others.
    ///
    /// - Throws: The engine's error.
    func begin() throws {
        switch engine {
        case .sqlite(let connection): try connection.begin()
        case .postgreSQL(let connection): try connection.begin()
        }
    }

    /// The error of a statement with what else is known of it, which the next statement would overwrite.
    func described(_ error: any Error) -> any Error {
        switch engine {
        case .sqlite(let connection): connection.described(error)
        case .postgreSQL: error
        }
    }

    /// Makes it last.
    ///
    /// - Returns: How it is known that it does.
    /// - Throws: The engine's error: it was undone.
    func commit() throws -> CommitAnswer {
        switch engine {
        case .sqlite:
            try cached("COMMIT").run()
            return .told
        case .postgreSQL(let connection): return try connection.commit()
        }
    }

    /// Undoes all of it.
    ///
    /// - Throws: The engine's error: there was nothing to undo.
    func rollBack() throws {
        if case .postgreSQL(let connection) = engine { connection.forgetFailure() }
        try execute(sql: "ROLLBACK")
    }

    /// Whether the transaction was not done because of something that passes, and may be done again now.
    ///
    /// - Parameters:
    ///   - error: What it failed with.
    ///   - tries: How often it was tried.
    /// - Returns: Whether it may; it may have waited.
    func mayRepeat(after error: any Error, tries: Int) -> Bool {
        switch engine {
        case .sqlite: false
        case .postgreSQL(let connection): connection.mayRepeat(after: error, tries: tries)
        }
    }

    /// Marks where one operation begins.
    ///
    /// - Throws: The engine's error.
    func setSavepoint() throws { try execute(sql: "SAVEPOINT operation") }

    /// Keeps what the operation did.
    ///
    /// - Throws: The engine's error, also of what the operation only sent.
    func releaseSavepoint() throws { try execute(sql: "RELEASE SAVEPOINT operation") }

    /// Undoes what the operation did.
    ///
    /// - Throws: The engine's error.
    func rollBackToSavepoint() throws {
        if case .postgreSQL(let connection) = engine { connection.forgetFailure() }
        try execute(sql: "ROLLBACK TO SAVEPOINT operation")
        try releaseSavepoint()
    }
}

/// How it is known that a transaction lasts.
enum CommitAnswer {
    /// The database said so.
    case told
    /// The database's answer was lost, and it was asked later.
    case found
}

/// The arguments of a statement: by place for `?`, `?1` and so on, or by name for `:name`.
struct SQLArguments: Sendable, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    private(set) var inOrder: [any SQLArgument] = []
    private(set) var named: [String: any SQLArgument] = [:]

    init(arrayLiteral elements: any SQLArgument...) {
        inOrder = elements
    }

    init(dictionaryLiteral elements: (String, any SQLArgument)...) {
        named = Dictionary(elements) { _, last in last }
    }

    /// Arguments in their order.
    init(_ elements: [any SQLArgument]) {
        inOrder = elements
    }

    var isEmpty: Bool { inOrder.isEmpty && named.isEmpty }

    static func + (left: SQLArguments, right: SQLArguments) -> SQLArguments {
        var sum = left
        sum += right
        return sum
    }

    static func += (left: inout SQLArguments, right: SQLArguments) {
        left.inOrder += right.inOrder
        left.named.merge(right.named) { _, new in new }
    }
}

/// What can be the argument of a statement, nil included.
protocol SQLArgument: Sendable {
    /// Binds it; the parameter has the argument's type even where the argument is NULL.
    func bind(to statement: PreparedStatement, at index: Int32)
}

extension Optional: SQLArgument where Wrapped: StoredValue {
    func bind(to statement: PreparedStatement, at index: Int32) {
        guard let self else { return statement.bindNull(Wrapped.type, at: index) }
        self.bind(to: statement, at: index)
    }
}

extension PreparedStatement {
    /// Binds all of its arguments.
    ///
    /// - Throws: ``StoreError`` where one is missing, which is a fault of this program.
    func bind(_ arguments: SQLArguments) throws {
        let count = Int(parameterCount)
        if arguments.named.isEmpty {
            guard arguments.inOrder.count == count else { throw StoreError.wrongArguments }
            for (index, argument) in arguments.inOrder.enumerated() { argument.bind(to: self, at: Int32(index + 1)) }
        } else {
            for index in 0..<Int32(count) {
                guard let name = parameterName(index + 1), let argument = arguments.named[name] else {
                    throw StoreError.wrongArguments
                }
                argument.bind(to: self, at: index + 1)
            }
        }
    }
}

extension StoreError {
    /// A statement has other parameters than it is given.
    fileprivate static var wrongArguments: StoreError {
        StoreError(
            .notAllowed, "A statement was given other arguments than it has, which is a fault of Rollcall: report it")
    }

    /// A read begins after the database was closed.
    static var closedToReaders: StoreError { StoreError(.closed, "The database has been closed; open it again") }
}

/// A database as its engine keeps it open: any number of readers, and one writer in this process.
protocol StoreDatabase: Sendable {
    /// Reads in one transaction, beside the writer; it may block.
    ///
    /// - Throws: What the work throws; the engine's error; ``StoreError`` with ``StoreErrorCode/closed`` once it is closed.
    func read<T>(_ work: (StoreConnection) throws -> T) throws -> T

    /// Passes on the only connection that writes, for as long as the work lasts.
    ///
    /// - Throws: What the work throws; the engine's error.
    func withWriter(_ work: (StoreConnection) throws -> Void) throws

    /// What tells whether its disk has room and makes some, where that is this machine's disk.
    ///
    /// - Parameter isRunner: Whether this process runs batches, and does not only work beside what does.
    /// - Returns: Nil where the disk is not this machine's.
    func room(isRunner: Bool) -> (any DatabaseRoom)?

    /// Leaves it, when the last write is done, as it is best left.
    func settle(_ connection: StoreConnection)

    /// Closes all of its connections.
    ///
    /// - Throws: The engine's error when one is still in use.
    func close() throws
}

/// Room on the disk that holds a database.
protocol DatabaseRoom: Sendable {
    /// Whether a disk that was full has room again.
    func isThere() -> Bool

    /// Makes what room can be made without losing anything.
    func make()
}
