/// What a claim brought.
public struct Claim: Sendable {
    /// The records to send, each with an open row in the ledger.
    public let records: [ClaimedRecord]
    /// The cap that kept the claim from taking more, while more was there.
    public let cappedBy: Cap?
    /// When the earliest retry falls due, in milliseconds since 1970 UTC; nil when none waits for a time.
    public let nextReadyAt: Int64?
    /// Whether nothing is queued and nothing under way: the batch can be completed.
    public let exhausted: Bool
    /// The batch's state; when it isn't running there are no records.
    public let state: BatchState
    /// Records that were put in doubt instead of being sent, because an identical one is in doubt.
    public let held: Int
    /// Records that got the answer of an identical one instead of being sent.
    public let reused: Int
    /// Records looked at that needed no call, or none now.
    public let passed: Int

    /// Describes what a claim brought.
    public init(
        records: [ClaimedRecord], cappedBy: Cap? = nil, nextReadyAt: Int64? = nil, exhausted: Bool = false,
        state: BatchState = .running, held: Int = 0, reused: Int = 0, passed: Int? = nil
    ) {
        self.records = records
        self.cappedBy = cappedBy
        self.nextReadyAt = nextReadyAt
        self.exhausted = exhausted
        self.state = state
        self.held = held
        self.reused = reused
        self.passed = passed ?? held + reused
    }
}
