/// A command that cannot go on: the exit status, and what the user reads on standard error.
public struct OperationFailure: Error, Sendable, CustomStringConvertible {
    /// How the process ends.
    public let status: ExitStatus
    /// What is wrong and what to do; names files, lines, fields and rules, never a value of a record.
    public let message: String

    /// States how the process ends and why.
    public init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
