import Basics
import GRDB

extension StoreError {
    /// What an SQLite result code means for a user (https://www.sqlite.org/rescode.html).
    ///
    /// The cause is the code and its standard text. GRDB's own description quotes the statement, which means nothing to
    /// a user, and SQLite's message quotes parts of the schema.
    ///
    /// - Parameters:
    ///   - error: SQLite's error.
    ///   - access: What was being done.
    ///   - fault: The system's error (`sqlite3_system_errno`), where known.
    init(_ error: DatabaseError, while access: Access, because fault: SystemFault? = nil) {
        let code = error.resultCode
        let fault = [.SQLITE_IOERR, .SQLITE_CANTOPEN].contains(code) ? fault : nil
        var (meaning, message) =
            code == .SQLITE_FULL || fault?.isFullDisk ?? false
            ? (.diskFull, Self.fullDisk) : Self.meaning(of: code, while: access)
        // What is on the disk after a failed synchronization is unknown (`man 2 fsync`): only reading it again tells.
        if meaning == .diskFull, error.extendedResultCode == .SQLITE_IOERR_FSYNC { meaning = .stateNotWritten }
        let system = fault.map { ", \($0.text)" } ?? ""
        self.init(meaning, message, cause: "SQLite: \(error.extendedResultCode)\(system)")
    }

    /// The same for an error of any layer below.
    init(_ error: any Error, while access: Access, because fault: SystemFault? = nil) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, while: access, because: fault)
        case let error as PostgreSQLError: self.init(error, while: access)
        default: self.init(Self.generalCode(access), Self.general(access), cause: String(describing: type(of: error)))
        }
    }

    /// Performs work on a database and translates SQLite's errors into this type; others pass through.
    static func translating<Value>(_ access: Access, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreError(error, while: access)
        } catch let error as PostgreSQLError {
            throw StoreError(error, while: access)
        }
    }

    /// Whether an error concerns only the operation that threw it, and not the database's ability to write.
    static func concernsOneOperation(_ error: any Error) -> Bool {
        if let error = error as? DatabaseError { return error.resultCode == .SQLITE_CONSTRAINT }
        if let error = error as? PostgreSQLError { return error.breaksARule }
        return !((error as? StoreError)?.isFatal ?? false)
    }

    /// Whether a row was refused because another one has its unique values.
    static func breaksUniqueness(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
            || (error as? PostgreSQLError)?.sqlState == "23505"
    }

    /// The error reported to the caller of an operation when it concerns that operation alone.
    static func ofOneOperation(_ error: any Error) -> any Error {
        error is DatabaseError || error is PostgreSQLError ? StoreError(error, while: .writing) : error
    }

    private static func meaning(of code: ResultCode, while access: Access) -> (Code, String) {
        switch code {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            (.damaged, "The database is damaged: restore it from a backup, as \(Hint.help(["restore"])) says")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            (
                generalCode(access),
                "The database cannot be written: its file, its folder or the file system is read-only; make it writable"
            )
        case .SQLITE_IOERR:
            (
                generalCode(access),
                "The disk failed while the database was \(access == .reading ? "read" : "written"): look at the "
                    + "kernel's log, repair or replace the disk, then start again"
            )
        case .SQLITE_CANTOPEN:
            (generalCode(access), "The database cannot be opened: check its folder and the permissions on it")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (
                access == .reading ? .locked : .stateNotWritten,
                "Another program keeps the database locked: close it and try again"
            )
        case .SQLITE_MISUSE: (.closed, "The database has been closed; open it again")
        case .SQLITE_NOMEM: (generalCode(access), "There is not enough memory to use the database; free some")
        case .SQLITE_CONSTRAINT:
            (.notAllowed, "The database refuses this by a rule of its schema, which is a fault of Rollcall: report it")
        default: (generalCode(access), general(access))
        }
    }
}
