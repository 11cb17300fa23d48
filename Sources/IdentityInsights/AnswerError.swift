/// An answer that is not JSON or does not fit the API's model.
public struct AnswerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What does not fit, without any part of the answer.
    public let reason: String

    /// One sentence saying what does not fit.
    public var description: String { "the answer does not fit the API's model: \(reason)" }
}
