/// Why a schedule or a window cannot be read, as a sentence that says what would be right.
///
/// The text that was given is never repeated: whoever shows the error knows its place.
public struct ScheduleError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and what to write instead: 'the hour must be from 0 to 23'.
    public let message: String

    init(_ message: String) { self.message = message }

    /// The sentence.
    public var description: String { message }
}
