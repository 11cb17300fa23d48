import GRDB

extension StoreError {
    /// State could not be written, because of what the layer below threw.
    static func notWritten(because error: any Error) -> StoreError {
        if let error = error as? StoreError, error.code == .stateNotWritten { return error }
        let advice = "State could not be written: make room on the disk or repair it, then start again; nothing is lost"
        guard let error = error as? DatabaseError else { return StoreError(.stateNotWritten, advice) }
        return StoreError(.stateNotWritten, advice, cause: "SQLite: \(error.resultCode) \(error.message ?? "")")
    }

    /// Whether an error concerns only the work that threw it, and not the database's ability to write.
    static func concernsOneOperation(_ error: any Error) -> Bool {
        if let error = error as? DatabaseError { return error.resultCode == .SQLITE_CONSTRAINT }
        return (error as? StoreError)?.code != .stateNotWritten
    }
}
