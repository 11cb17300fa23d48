/// What a claim brought.
public struct Claim: Sendable {
    /// The records to send, each with an open row in the ledger.
    public let records: [ClaimedRecord]
    /// The cap that kept the claim from taking more, while more was there.
    public let cappedBy: Cap?
    /// When the earliest retry falls due, in milliseconds since 1970 UTC; nil when none waits.
    public let nextReadyAt: Int64?
    /// Whether nothing is queued and nothing under way: the batch can be completed.
    public let exhausted: Bool
    /// The batch's state; when it isn't running there are no records.
    public let state: BatchState
    /// Records that were put in doubt instead of being sent, because an identical one is in doubt.
    public let held: Int

    /// Describes what a claim brought.
    public init(
        records: [ClaimedRecord], cappedBy: Cap? = nil, nextReadyAt: Int64? = nil, exhausted: Bool = false,
        state: BatchState = .running, held: Int = 0
    ) {
        self.records = records
        self.cappedBy = cappedBy
        self.nextReadyAt = nextReadyAt
        self.exhausted = exhausted
        self.state = state
        self.held = held
    }
}
