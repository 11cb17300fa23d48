import Basics
import GRDB

extension StoreError {
    /// What was being done when SQLite or the system refused.
    enum Access {
        case reading
        case writing
    }

    /// What a result code of SQLite means for a user (https://www.sqlite.org/rescode.html).
    ///
    /// The cause is the code and its standard text. GRDB's own description quotes the statement, which says nothing to a
    /// user, and SQLite's message quotes parts of the schema.
    ///
    /// - Parameters:
    ///   - error: What SQLite said.
    ///   - access: What was being done.
    ///   - fault: What the system said (`sqlite3_system_errno`), where that is known.
    init(_ error: DatabaseError, while access: Access, because fault: SystemFault? = nil) {
        let code = error.resultCode
        let fault = [.SQLITE_IOERR, .SQLITE_CANTOPEN].contains(code) ? fault : nil
        var (meaning, message) =
            code == .SQLITE_FULL || fault?.isFullDisk ?? false
            ? (.diskFull, Self.fullDisk) : Self.meaning(of: code, while: access)
        // What a failed synchronization leaves on the disk nobody knows (`man 2 fsync`): only reading it anew tells.
        if meaning == .diskFull, error.extendedResultCode == .SQLITE_IOERR_FSYNC { meaning = .stateNotWritten }
        let system = fault.map { ", \($0.text)" } ?? ""
        self.init(meaning, message, cause: "SQLite: \(error.extendedResultCode)\(system)")
    }

    /// The same for what any layer below threw.
    init(_ error: any Error, while access: Access, because fault: SystemFault? = nil) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error, while: access, because: fault)
        default: self.init(Self.generalCode(access), Self.general(access), cause: String(describing: type(of: error)))
        }
    }

    /// Does something to a database and gives SQLite's errors in the words of this type; others pass.
    static func translating<Value>(_ access: Access, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreError(error, while: access)
        }
    }

    /// Whether an error concerns only the operation that threw it, and not the database's ability to write.
    static func concernsOneOperation(_ error: any Error) -> Bool {
        if let error = error as? DatabaseError { return error.resultCode == .SQLITE_CONSTRAINT }
        return !((error as? StoreError)?.isFatal ?? false)
    }

    /// What whoever asked for an operation is told of an error that concerns it alone.
    static func ofOneOperation(_ error: any Error) -> any Error {
        (error as? DatabaseError).map { StoreError($0, while: .writing) } ?? error
    }

    /// What to do about a full disk. Whoever waits for room goes on by itself.
    static let fullDisk = "The disk that holds the database is full: make room on it; nothing that was recorded is lost"

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
                    + "kernel's log, mend or replace the disk, then start again"
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

    private static func generalCode(_ access: Access) -> Code { access == .reading ? .notReadable : .stateNotWritten }

    private static func general(_ access: Access) -> String {
        "The database cannot be \(access == .reading ? "read" : "written"); check the disk and its permissions, then start "
            + "again"
    }
}
