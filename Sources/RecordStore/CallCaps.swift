/// Hard limits on calls, checked in the transaction that claims, and what can stand in for a call.
///
/// A claim counts one call for each record; a call that surely never left is taken off again when it is finished
/// (see ``Completion/countsAsCall``), so a cap is never passed, not even by calls under way.
public struct CallCaps: Sendable, Equatable {
    /// The most calls on ``day`` over all batches; nil: no cap, 0: no calls.
    public var daily: Int?
    /// The most calls of the batch; nil: no cap, 0: no calls.
    public var batch: Int?
    /// The most calls that the money of ``day``'s month buys, over all batches: those billed, under way and perhaps
    /// billed count as paid; nil: no cap, 0: no calls.
    public var monthly: Int?
    /// An identical record that was answered since then, in milliseconds since 1970 UTC, is as good as a call
    /// (`reuse_within`); nil: only those of the same batch.
    public var answeredSince: Int64?
    /// The day on which the calls are counted.
    public var day: CallDay

    /// States the caps for one claim.
    public init(
        daily: Int? = nil, batch: Int? = nil, monthly: Int? = nil, answeredSince: Int64? = nil, day: CallDay
    ) {
        self.daily = daily
        self.batch = batch
        self.monthly = monthly
        self.answeredSince = answeredSince
        self.day = day
    }
}
