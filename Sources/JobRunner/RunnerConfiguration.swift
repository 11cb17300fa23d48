public import Foundation

/// What the runner may do and when it gives up; the defaults are DESIGN's.
public struct RunnerConfiguration: Sendable {
    /// Calls per second by contract, above 0 (`limits.rate`).
    public var rate: Double = 20
    /// Calls that may leave at once after a pause, at least 1 (`limits.burst`).
    public var burst: Int = 1
    /// Calls under way at once, at least 1 (`limits.concurrency`).
    public var concurrency: Int = 32
    /// Calls per day in `timeZone`; nil for no cap, 0 for no calls (`limits.daily_calls`).
    public var dailyCalls: Int?
    /// Calls for the batch; nil for no cap, 0 for no calls (`limits.batch_calls`).
    public var batchCalls: Int?
    /// Where daily and monthly counts turn over (`limits.time_zone`).
    public var timeZone: TimeZone = .gmt
    /// Attempts a record may spend (`retry.attempts`).
    public var attempts: Int = 5
    /// Upper end of the first wait before a retry (`retry.base_delay`).
    public var baseDelay: Duration = .milliseconds(500)
    /// Upper end of any wait before a retry (`retry.max_delay`).
    public var maxDelay: Duration = .seconds(60)
    /// What becomes of in-doubt records at the batch's end (`retry.in_doubt`).
    public var inDoubt: InDoubtPolicy = .hold
    /// How many in-doubt records of a batch may be sent again; nil for no cap (`retry.in_doubt_budget`).
    public var inDoubtBudget: Int? = 0
    /// Refused probes in a row before a halt (`halt.probes`).
    public var probes: Int = 3
    /// Wait before each such probe (`halt.probe_interval`).
    public var probeInterval: Duration = .seconds(20)
    /// Undecipherable answers in a row before a halt (`halt.undecipherable`).
    public var undecipherable: Int = 3
    /// How long the API may be out of reach before a halt (`halt.outage`).
    public var outage: Duration = .seconds(300)
    /// Whether an unencrypted 200 halts the batch (`api.require_encrypted_answers`).
    public var requireEncryptedAnswers: Bool = false

    /// The defaults of DESIGN.
    public init() {}
}
