import GRDB

extension RecordStore {
    /// Whether the database file is sound as far as SQLite's quick check tells: its pages and indexes, not their
    /// agreement. It reads the whole file, a gigabyte in some seconds.
    ///
    /// - Returns: False where the file is damaged.
    /// - Throws: ``StoreError`` when it can't be read at all.
    public func isSound() throws -> Bool {
        try read { try String.fetchAll($0, sql: "PRAGMA quick_check(1)") == ["ok"] }
    }
}
