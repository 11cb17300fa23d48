import Basics
import Foundation

/// A value of a column.
enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])
}

/// A type that columns hold.
protocol StoredValue: SQLArgument {
    /// Reads a column's value; nil where it is NULL or of another type.
    init?(stored value: SQLValue)

    /// What a parameter is told that it is where it is NULL.
    static var type: SQLType { get }
}

/// Numbers are stored as 64-bit integers, and what is told by a number, such as a flag or a time, by its number.
protocol StoredNumber: StoredValue {
    init?(storedNumber: Int64)
    var storedNumber: Int64 { get }
}

extension StoredNumber {
    init?(stored value: SQLValue) {
        switch value {
        case .integer(let number): self.init(storedNumber: number)
        // SQLite's `total` gives a sum as a floating-point number.
        case .real(let number): self.init(storedNumber: Int64(number))
        default: return nil
        }
    }

    func bind(to statement: PreparedStatement, at index: Int32) { statement.bind(storedNumber as Int64?, at: index) }

    static var type: SQLType { .integer }
}

extension Int64: StoredNumber {
    init?(storedNumber: Int64) { self = storedNumber }
    var storedNumber: Int64 { self }
}

extension Int: StoredNumber {
    init?(storedNumber: Int64) { self.init(exactly: storedNumber) }
    var storedNumber: Int64 { Int64(self) }
}

extension Int32: StoredNumber {
    init?(storedNumber: Int64) { self.init(exactly: storedNumber) }
    var storedNumber: Int64 { Int64(self) }
}

extension Bool: StoredNumber {
    init?(storedNumber: Int64) { self = storedNumber != 0 }
    var storedNumber: Int64 { self ? 1 : 0 }
}

/// A time is stored as milliseconds since 1970 UTC.
extension WallTime: StoredNumber {
    init?(storedNumber: Int64) { self.init(milliseconds: storedNumber) }
    var storedNumber: Int64 { milliseconds }
}

extension Double: StoredValue {
    init?(stored value: SQLValue) {
        switch value {
        case .real(let number): self = number
        case .integer(let number): self = Double(number)
        default: return nil
        }
    }

    func bind(to statement: PreparedStatement, at index: Int32) { statement.bind(real: self, at: index) }

    static var type: SQLType { .real }
}

extension String: StoredValue {
    init?(stored value: SQLValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }

    func bind(to statement: PreparedStatement, at index: Int32) { statement.bind(self as String?, at: index) }

    static var type: SQLType { .text }
}

extension [UInt8]: SQLArgument, StoredValue {
    init?(stored value: SQLValue) {
        guard case .bytes(let bytes) = value else { return nil }
        self = bytes
    }

    func bind(to statement: PreparedStatement, at index: Int32) { statement.bind(copying: self, at: index) }

    static var type: SQLType { .bytes }
}

extension Data: StoredValue {
    init?(stored value: SQLValue) {
        guard case .bytes(let bytes) = value else { return nil }
        self.init(bytes)
    }

    func bind(to statement: PreparedStatement, at index: Int32) { statement.bind(copying: Array(self), at: index) }

    static var type: SQLType { .bytes }
}

/// A value as it was read is bound as it is.
extension SQLValue: SQLArgument {
    func bind(to statement: PreparedStatement, at index: Int32) {
        switch self {
        case .null: statement.bind(nil as Int64?, at: index)
        case .integer(let number): statement.bind(number, at: index)
        case .real(let number): statement.bind(real: number, at: index)
        case .text(let text): statement.bind(text, at: index)
        case .bytes(let bytes): statement.bind(copying: bytes, at: index)
        }
    }
}

/// A row that was read, with its values. Asking for a value that the column cannot hold is a fault of this program.
struct StoredRow: Sendable {
    let values: [SQLValue]

    init(_ statement: PreparedStatement) {
        values = (0..<statement.columnCount).map(statement.value)
    }

    subscript<Value: StoredValue>(column: Int) -> Value {
        guard let value = Value(stored: values[column]) else {
            preconditionFailure("column \(column) does not hold a \(Value.self)")
        }
        return value
    }

    subscript<Value: StoredValue>(column: Int) -> Value? { Value(stored: values[column]) }

    /// The bytes of a column; empty for NULL.
    func bytes(_ column: Int) -> [UInt8] { optionalBytes(column) ?? [] }

    /// The bytes of a column, or nil for NULL.
    func optionalBytes(_ column: Int) -> [UInt8]? { self[column] }
}

extension StoredRow {
    /// All rows of a query.
    ///
    /// - Throws: The engine's error.
    static func fetchAll(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> [StoredRow] {
        var rows: [StoredRow] = []
        let cursor = try fetchCursor(database, sql: sql, arguments: arguments)
        while let row = try cursor.next() { rows.append(row) }
        return rows
    }

    /// The first row of a query; nil where it has none.
    ///
    /// - Throws: The engine's error.
    static func fetchOne(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> StoredRow? {
        try fetchCursor(database, sql: sql, arguments: arguments).next()
    }

    /// The rows of a query, one by one.
    ///
    /// - Throws: The engine's error.
    static func fetchCursor(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> StoredRowCursor {
        let statement = try database.prepare(sql)
        try statement.bind(arguments)
        return StoredRowCursor(statement)
    }
}

/// A row whose columns are asked for by name.
struct NamedRow: Sendable {
    let columns: [String]
    let values: [SQLValue]

    /// All rows of a query.
    ///
    /// - Throws: The engine's error.
    static func fetchAll(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> [NamedRow] {
        let statement = try database.prepare(sql)
        try statement.bind(arguments)
        var (columns, rows) = ([String](), [NamedRow]())
        while try statement.step() {
            // PostgreSQL names them with the first row.
            if rows.isEmpty { columns = (0..<statement.columnCount).map(statement.columnName) }
            rows.append(NamedRow(columns: columns, values: StoredRow(statement).values))
        }
        return rows
    }

    /// A column's value; NULL where there is no such column.
    func value(_ column: String) -> SQLValue { columns.firstIndex(of: column).map { values[$0] } ?? .null }

    subscript<Value: StoredValue>(column: String) -> Value? { Value(stored: value(column)) }
}

/// Reads the rows of a query one by one; those that are not read are discarded with it.
final class StoredRowCursor {
    private let statement: PreparedStatement
    private var isOver = false

    init(_ statement: PreparedStatement) {
        self.statement = statement
    }

    deinit {
        if !isOver { statement.reset() }
    }

    /// The next row; nil after the last.
    ///
    /// - Throws: The engine's error.
    func next() throws -> StoredRow? {
        guard !isOver, try statement.step() else {
            isOver = true
            return nil
        }
        return StoredRow(statement)
    }
}

extension StoredValue {
    /// The first column of all rows of a query.
    ///
    /// - Throws: The engine's error.
    static func fetchAll(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> [Self] {
        try StoredRow.fetchAll(database, sql: sql, arguments: arguments).map { $0[0] }
    }

    /// The first column of a query's first row; nil where that is NULL or there is none.
    ///
    /// - Throws: The engine's error.
    static func fetchOne(
        _ database: StoreConnection, sql: String, arguments: SQLArguments = []
    ) throws -> Self? {
        try StoredRow.fetchOne(database, sql: sql, arguments: arguments)?[0]
    }
}

extension PreparedStatement {
    /// Runs it with arguments.
    ///
    /// - Throws: The engine's error.
    func run(_ arguments: SQLArguments) throws {
        try bind(arguments)
        try run()
    }

    /// Binds a time; nil is NULL.
    func bind(_ time: WallTime?, at index: Int32) {
        bind(time?.milliseconds, at: index)
    }

    /// A time of the current row.
    func time(_ column: Int32) -> WallTime {
        WallTime(milliseconds: integer(column))
    }

    /// A time of the current row, or nil for NULL.
    func optionalTime(_ column: Int32) -> WallTime? {
        optionalInteger(column).map(WallTime.init(milliseconds:))
    }
}

extension RawRepresentable<String> {
    /// What a word of the database stands for.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/damaged`` for one that the schema does not let in.
    init(column word: String) throws {
        guard let value = Self(rawValue: word) else {
            throw StoreError(.damaged, "The database holds a word unknown here; restore it from a backup")
        }
        self = value
    }
}
