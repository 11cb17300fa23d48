/// An endpoint that cannot be used as it is described.
public struct EndpointError: Error, Sendable, CustomStringConvertible {
    /// One sentence that says what is wrong and what to do.
    public let message: String

    /// The message.
    public var description: String { message }
}
