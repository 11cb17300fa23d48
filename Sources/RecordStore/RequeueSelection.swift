/// Which of a batch's records are queued again; all conditions together.
public struct RequeueSelection: Sendable {
    /// The statuses, of which ``RecordStatus/failed``, ``RecordStatus/inDoubt`` and ``RecordStatus/cancelled`` can be
    /// queued again.
    public var statuses: Set<RecordStatus>
    /// Only records whose last answer had this reason code.
    public var reasonCode: String?
    /// Only records that start at these lines.
    public var lines: ClosedRange<Int>?
    /// At most so many, in input order.
    public var limit: Int?
    /// Whether the job's policy asks, not a person: in-doubt records are then counted in
    /// ``BatchCounts/inDoubtRetried``, and records held because of another are left alone.
    public var byPolicy: Bool
    /// Only records that have spent fewer attempts than this (`retry.attempts`).
    public var maximumSpent: Int?
    /// Whether failed records are left alone that a person took out of their doubt: they may have been billed.
    public var sparesResolved: Bool
    /// The states in which the batch must be; in another nothing is selected. Nil: any in which it can be run again.
    public var states: Set<BatchState>?
    /// Whether records in doubt are left alone that were answered, or surely billed, or are in doubt since a restore and
    /// not by a call that the ledger knows: nobody has said that they may be paid again. The policy always does so.
    public var sparesAnswered: Bool

    /// Selects records to be queued again.
    public init(
        statuses: Set<RecordStatus>, reasonCode: String? = nil, lines: ClosedRange<Int>? = nil, limit: Int? = nil,
        byPolicy: Bool = false, maximumSpent: Int? = nil, sparesResolved: Bool = false, sparesAnswered: Bool = false,
        states: Set<BatchState>? = nil
    ) {
        self.statuses = statuses
        self.reasonCode = reasonCode
        self.lines = lines
        self.limit = limit
        self.byPolicy = byPolicy
        self.maximumSpent = maximumSpent
        self.sparesResolved = sparesResolved
        self.states = states
        self.sparesAnswered = sparesAnswered
    }
}
