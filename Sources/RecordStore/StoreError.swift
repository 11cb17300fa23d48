package import Basics
import GRDB

/// Why the store refuses an operation or fails. Texts name batches, lines and rules, never a value of a record.
package typealias StoreError = CodedError<StoreErrorCode>

/// What kind of trouble there is with the store.
package enum StoreErrorCode: Sendable, Equatable {
    /// Another runner holds the database.
    case locked
    /// The database belongs to another endpoint.
    case wrongEndpoint
    /// The sealing key is missing, the wrong one, or readable by others.
    case sealingKey
    /// `keys_folder` can't be used, or its content belongs to another database.
    case keysFolder
    /// The database has a schema version other than this program's.
    case schemaVersion
    /// There is no such database.
    case noDatabase
    /// There is no such batch or record.
    case notFound
    /// What is personal of the batch was erased.
    case purged
    /// The same file content was taken in before, under the same job.
    case takenIn
    /// The database was restored, and it is unknown what had been sent before.
    case heldByRestore
    /// The request violates a rule of the store.
    case notAllowed
    /// The disk, or what a quota leaves of it, is full.
    case diskFull
    /// State could not be written for another reason: a broken or read-only disk, a lock that is never released, or
    /// an earlier failure of the store.
    case stateNotWritten
    /// State could not be read: a broken disk, or missing permissions.
    case notReadable
    /// The database file is malformed.
    case damaged
    /// Something sealed in the database was altered or moved; the database itself is whole.
    case altered
    /// The store has been closed.
    case closed
}

extension StoreError {
    /// Whether state can no longer be recorded, so that the process that runs batches has to end. Everything else
    /// concerns one request, one batch or one record.
    package var isFatal: Bool {
        switch code {
        case .diskFull, .stateNotWritten, .notReadable, .damaged, .locked, .closed: true
        case .wrongEndpoint, .sealingKey, .keysFolder, .schemaVersion, .noDatabase, .notFound, .purged, .takenIn,
            .heldByRestore, .notAllowed, .altered:
            false
        }
    }
}

extension StoreError {
    /// A file of the store cannot be used.
    ///
    /// - Parameters:
    ///   - name: The file's last path component.
    ///   - verb: What was to be done with it, as a participle.
    ///   - access: Whether it was being read or written.
    ///   - fault: The system's error.
    init(_ name: String, cannotBe verb: String, while access: Access = .writing, because fault: SystemFault) {
        self.init(
            fault.isFullDisk ? .diskFull : access == .reading ? .notReadable : .stateNotWritten, name, cannotBe: verb,
            because: fault)
    }
}

extension StoreError {
    /// What was being done when SQLite or the system refused.
    enum Access {
        case reading
        case writing
    }

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
        default: self.init(Self.generalCode(access), Self.general(access), cause: String(describing: type(of: error)))
        }
    }

    /// Performs work on a database and translates SQLite's errors into this type; others pass through.
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

    /// The error reported to the caller of an operation when it concerns that operation alone.
    static func ofOneOperation(_ error: any Error) -> any Error {
        (error as? DatabaseError).map { StoreError($0, while: .writing) } ?? error
    }

    /// What to do about a full disk. An operation that waits for space resumes by itself.
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

    private static func generalCode(_ access: Access) -> Code { access == .reading ? .notReadable : .stateNotWritten }

    private static func general(_ access: Access) -> String {
        "The database cannot be \(access == .reading ? "read" : "written"); check the disk and its permissions, then start "
            + "again"
    }
}

extension StoreError {
    /// There is no batch with this number.
    static func noBatch(_ batch: BatchID) -> StoreError {
        StoreError(.notFound, "There is no batch \(batch)")
    }

    /// The content of a file is that of an earlier batch.
    static func takenIn(as batch: String, _ state: String) -> StoreError {
        StoreError(.takenIn, "This file was taken in before under this job, as \(batch), which is \(state)")
    }

    /// A batch's state doesn't allow what was asked.
    static func wrongState(_ batch: BatchID, _ state: BatchState, to action: String) -> StoreError {
        StoreError(.notAllowed, "Batch \(batch) is \(state.rawValue) and cannot \(action)")
    }

    /// The store was opened for reading.
    static var readOnly: StoreError {
        StoreError(.notAllowed, "The database was opened for reading; only run and daemon may write to it")
    }

    /// The store was opened beside the runner.
    static var runnerOnly: StoreError {
        StoreError(.notAllowed, "Only the process that holds the database's lock may claim and finish records")
    }
}

extension StoreError {
    /// The database needs another sealing key than the one given.
    static func wrongSealingKey(needed: String, given: String) -> StoreError {
        StoreError(
            .sealingKey,
            "The database is sealed under key \(needed), but sealing_key holds \(given); name the file of "
                + "the first in sealing_key, or put it back")
    }

    /// The database belongs to another endpoint.
    static func wrongEndpoint(bound: String, given: String) -> StoreError {
        StoreError(
            .wrongEndpoint,
            "The database belongs to \(bound), not to \(given); use another database for another endpoint")
    }

    /// The database has another schema version.
    static func schemaVersion(found: Int, known: Int) -> StoreError {
        let advice =
            found < known
            ? "start a run or the daemon of this version once, which copies and migrates it"
            : "use the newer Rollcall that wrote it"
        return StoreError(
            .schemaVersion, "The database has schema version \(found), this program has \(known); \(advice)")
    }
}

extension StoreError {
    /// The database is empty: the process ended while it was creating it, or it was emptied since.
    static var unfinished: StoreError {
        StoreError(
            .damaged,
            "The database is empty: put the right one back, as \(Hint.help(["restore"])) says; or, where nothing was ever "
                + "run from it, remove it")
    }
}
