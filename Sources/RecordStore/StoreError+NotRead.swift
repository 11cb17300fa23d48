import GRDB

extension StoreError {
    /// The database could not be read.
    static func notRead(because error: DatabaseError) -> StoreError {
        let cause = "SQLite: \(error.resultCode) \(error.message ?? "")"
        return switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            StoreError(.damaged, "The database is damaged; restore it from a backup", cause: cause)
        case .SQLITE_MISUSE:
            StoreError(.closed, "The database has been closed; open it again before reading", cause: cause)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            StoreError(.locked, "Another program keeps the database locked; close it and try again", cause: cause)
        default:
            StoreError(.damaged, "The database cannot be read; check the disk and its permissions", cause: cause)
        }
    }
}
