import Basics
internal import RecordStore

/// Why result files cannot be written. Texts name files and rules, never a value of a record.
public struct ResultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: Sendable, Equatable {
        /// A folder or file cannot be made, written or renamed.
        case notWritten
        /// What was to take the output has gone away (`man 2 write`, EPIPE).
        case closed
        /// The store's records and its counters disagree.
        case unaccounted
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

    /// A file or folder cannot be used; `verb` is a participle.
    init(_ name: String, cannotBe verb: String, because fault: SystemFault) {
        self.init(.notWritten, "\(name) cannot be \(verb); \(fault.advice)", cause: fault.text)
    }

    /// The message, followed by what the system said.
    public var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
