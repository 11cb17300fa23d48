/// Hard limits on calls, checked in the transaction that claims.
///
/// A claim counts one call for each record; a call that surely never left is taken off again when it is finished
/// (see ``Completion/countsAsCall``), so a cap is never passed, not even by calls under way.
public struct CallCaps: Sendable, Equatable {
    /// The most calls on ``day`` over all batches; nil: no cap, 0: no calls.
    public var daily: Int?
    /// The most calls of the batch; nil: no cap, 0: no calls.
    public var batch: Int?
    /// The day on which the calls are counted.
    public var day: CallDay

    /// States the caps for one claim.
    public init(daily: Int? = nil, batch: Int? = nil, day: CallDay) {
        self.daily = daily
        self.batch = batch
        self.day = day
    }
}
