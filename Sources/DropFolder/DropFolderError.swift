/// Why a drop folder cannot be used, or a step of a file's way through it cannot be taken. Texts name folders, files
/// and groups, never a value of a record.
public struct DropFolderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: Sendable, Equatable {
        /// A folder cannot be made, read, or given its mode.
        case folder
        /// There is no such group, or this user is not in it.
        case group
        /// The folders lie on several file systems, so that a file cannot be moved in one step.
        case fileSystems
        /// A file cannot be moved or removed.
        case notMoved
        /// A text for the people at the folder cannot be written.
        case notWritten
    }

    /// What kind of trouble it is.
    public let code: Code
    /// One sentence that says what is wrong and what to do.
    public let message: String
    /// What the system said.
    public let cause: String?

    init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, followed by what the system said.
    public var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
