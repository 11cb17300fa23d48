/// A record whose row breaks a rule was asked for its request.
public struct RefusedRecord: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rules it breaks.
    public let refusals: [Refusal]

    /// Fields and rules; never a value.
    public var description: String {
        "the record makes no request that may be sent: \(Refusal.text(of: refusals)); take its file in again"
    }
}
