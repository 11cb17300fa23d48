/// What the limiter remembers across restarts.
public struct LimiterState: Sendable, Equatable {
    /// GCRA's theoretical arrival time, in microseconds since 1970 UTC.
    public var theoreticalArrival: Int64
    /// The part of the contract's rate that is allowed at the moment, above 0 and at most 1.
    public var rateFactor: Double
    /// Until when a `Retry-After` closes the limiter, in milliseconds since 1970 UTC.
    public var closedUntil: Int64?
    /// When this was true, in milliseconds since 1970 UTC.
    public var savedAt: Int64
    /// Whether a row of answers that could not be read has halted, and none was of use since.
    public var isKeyDoubted: Bool

    /// Describes a limiter's state.
    public init(
        theoreticalArrival: Int64, rateFactor: Double, closedUntil: Int64? = nil, savedAt: Int64,
        isKeyDoubted: Bool = false
    ) {
        self.theoreticalArrival = theoreticalArrival
        self.rateFactor = rateFactor
        self.closedUntil = closedUntil
        self.savedAt = savedAt
        self.isKeyDoubted = isKeyDoubted
    }
}
