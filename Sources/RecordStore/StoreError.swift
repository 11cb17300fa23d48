import Basics

/// Why the store refuses or fails. Texts name batches, lines and rules, never a value of a record.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: Sendable, Equatable {
        /// Another runner holds the database.
        case locked
        /// The database belongs to another endpoint.
        case wrongEndpoint
        /// The sealing key is missing, another one, or can be read by others.
        case sealingKey
        /// `keys_folder` can't be used, or what lies there is another database's.
        case keysFolder
        /// The database has a schema version that isn't this program's.
        case schemaVersion
        /// There is no such database.
        case noDatabase
        /// There is no such batch or record.
        case notFound
        /// The very content of the file was taken in before, under the same job.
        case takenIn
        /// The database was restored, and nobody knows what had been sent before.
        case heldByRestore
        /// The request contradicts a rule of the store.
        case notAllowed
        /// The disk, or what a quota leaves of it, is full.
        case diskFull
        /// State could not be written for another reason: a broken or read-only disk, a lock that is never let go, or the
        /// store has failed before.
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

    /// What kind of trouble it is.
    public let code: Code
    /// One sentence that says what is wrong and what to do.
    public let message: String
    /// What the layer below said; no values.
    public let cause: String?

    init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether nothing can be accounted for any more, so that whoever runs batches has to end. Everything else concerns
    /// one request, one batch or one record.
    public var isFatal: Bool {
        switch code {
        case .diskFull, .stateNotWritten, .notReadable, .damaged, .locked, .closed: true
        case .wrongEndpoint, .sealingKey, .keysFolder, .schemaVersion, .noDatabase, .notFound, .takenIn, .heldByRestore,
            .notAllowed,
            .altered:
            false
        }
    }

    /// The message, followed by what the layer below said.
    public var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}

extension StoreError {
    /// A file of the store cannot be used.
    ///
    /// - Parameters:
    ///   - name: The file's last path component.
    ///   - verb: What was to be done with it, as a participle.
    ///   - access: Whether that was reading or writing.
    ///   - fault: What the system said.
    init(_ name: String, cannotBe verb: String, while access: Access = .writing, because fault: SystemFault) {
        self.init(
            fault.isFullDisk ? .diskFull : access == .reading ? .notReadable : .stateNotWritten,
            "\(name) cannot be \(verb); \(fault.advice)", cause: fault.text)
    }
}
