/// A batch's counters, kept in the same transactions as what they count.
public struct BatchCounts: Sendable, Equatable, Codable {
    /// Input records.
    public var total = 0
    /// Records waiting for a call, first or later.
    public var queued = 0
    /// Records claimed and not finished; also the ledger's open attempts.
    public var inFlight = 0
    /// Records answered.
    public var succeeded = 0
    /// Records refused for good, or out of attempts.
    public var failed = 0
    /// Records that may have been billed without an answer recorded, and those held because of them.
    public var inDoubt = 0
    /// Records refused before any call.
    public var invalid = 0
    /// Records answered from an identical one.
    public var reused = 0
    /// Records given up before their call.
    public var cancelled = 0
    /// Rows of the ledger.
    public var attempts = 0
    /// Attempts that left or may have left, those under way included: what the caps count.
    public var calls = 0
    /// Times a record went back to the queue after an attempt.
    public var retries = 0
    /// Attempts answered with 200: billed.
    public var billable = 0
    /// Attempts that were surely not billed: never left, or refused.
    public var unbilled = 0
    /// Attempts that may have been billed.
    public var billingUnknown = 0
    /// In-doubt records that were queued again by the job's policy.
    public var inDoubtRetried = 0
    /// Queued records that get the answer of an earlier line and need no call.
    public var following = 0

    /// All counters at nought.
    public init() {}

    /// How many records have a status.
    public internal(set) subscript(status: RecordStatus) -> Int {
        get {
            switch status {
            case .queued: queued
            case .inFlight: inFlight
            case .succeeded: succeeded
            case .failed: failed
            case .inDoubt: inDoubt
            case .invalid: invalid
            case .reused: reused
            case .cancelled: cancelled
            }
        }
        set {
            switch status {
            case .queued: queued = newValue
            case .inFlight: inFlight = newValue
            case .succeeded: succeeded = newValue
            case .failed: failed = newValue
            case .inDoubt: inDoubt = newValue
            case .invalid: invalid = newValue
            case .reused: reused = newValue
            case .cancelled: cancelled = newValue
            }
        }
    }

    /// Queued records that wait for a call of their own.
    public var toCall: Int { queued - following }

    /// Whether no record waits or is under way.
    public var isExhausted: Bool { queued == 0 && inFlight == 0 }
}
