package import Basics

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
    /// The database's engine does not offer it.
    case notOffered
    /// Another of several nodes runs the batch, or another process this node.
    case takenUp
    /// What the settings say of the database, or of this runner beside others, cannot be.
    case settings
    /// The database was moved to another place.
    case moved
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
            .heldByRestore, .notAllowed, .altered, .notOffered, .takenUp, .settings, .moved:
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
    /// What was being done when the database or the system refused.
    enum Access {
        case reading
        case writing
    }

    /// What to do about a full disk. An operation that waits for space resumes by itself.
    static let fullDisk = "The disk that holds the database is full: make room on it; nothing that was recorded is lost"

    static func generalCode(_ access: Access) -> Code { access == .reading ? .notReadable : .stateNotWritten }

    static func general(_ access: Access) -> String {
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

    /// A schema has the name of Rollcall's and none of its tables.
    static let otherSchema = StoreError(
        .schemaVersion,
        "This database has a schema 'rollcall' that is not of Rollcall's making: drop it, or name another database")

    /// The database has another schema version.
    static func schemaVersion(found: Int, known: Int, olderAdvice advice: String? = nil) -> StoreError {
        let remedy =
            found < known
            ? advice ?? "start a run or the daemon of this version once, which copies and migrates it"
            : "use the newer Rollcall that wrote it"
        return StoreError(
            .schemaVersion, "The database has schema version \(found), this program has \(known); \(remedy)")
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
