/// Why the runner stopped a batch by itself, and what to do about it. Neither text holds a value of a record.
public struct Halt: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is systemic, in one word.
    public enum Cause: String, Sendable {
        /// Probes kept being refused because of how this side is set up.
        case misconfigured
        /// Probes kept being refused while others were answered: it is about these records.
        case recordsRefused
        /// Several answers in a row could not be deciphered, or came unencrypted where that is forbidden.
        case undecipherable
        /// The other side has been out of reach for longer than `halt.outage`.
        case outage
        /// The other side asks for a wait too long to sit out.
        case longWait
        /// Nothing has come for longer than `halt.outage` but that there are too many calls.
        case overloaded
        /// Answers to earlier calls came again.
        case repeated
        /// Too many of a batch's latest answers refuse its records for good.
        case failing
    }

    /// What is systemic, in one word.
    public let cause: Cause
    /// One sentence: what happened.
    public let reason: String
    /// One sentence or two: what to do, after which the batch can go on.
    public let remedy: String

    /// Names a cause, what happened and what to do about it.
    public init(cause: Cause, reason: String, remedy: String) {
        self.cause = cause
        self.reason = reason
        self.remedy = remedy
    }

    /// Reason and remedy, one after the other.
    public var description: String { "\(reason) \(remedy)" }
}
