public import Basics
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
