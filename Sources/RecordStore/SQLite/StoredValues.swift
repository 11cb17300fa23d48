public import Basics
import Foundation
public import GRDB
import GRDBSQLite

/// A time is stored as milliseconds since 1970 UTC, in a column of integers.
extension WallTime: DatabaseValueConvertible, StatementColumnConvertible {
    /// The number that is stored.
    public var databaseValue: DatabaseValue { milliseconds.databaseValue }

    /// Reads a stored number; nil for anything else.
    public static func fromDatabaseValue(_ value: DatabaseValue) -> WallTime? {
        Int64.fromDatabaseValue(value).map(WallTime.init(milliseconds:))
    }

    /// Reads a stored number from a row that a statement stands at.
    public init?(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(milliseconds: sqlite3_column_int64(sqliteStatement, index))
    }
}

extension PreparedStatement {
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

extension Row {
    /// The bytes of a column that holds a blob; empty for NULL.
    func bytes(_ column: Int) -> [UInt8] {
        optionalBytes(column) ?? []
    }

    /// The bytes of a column, or nil for NULL.
    func optionalBytes(_ column: Int) -> [UInt8]? {
        (self[column] as Data?).map { Array($0) }
    }
}

extension [UInt8] {
    /// As GRDB binds it.
    var blob: Data { Data(self) }
}
