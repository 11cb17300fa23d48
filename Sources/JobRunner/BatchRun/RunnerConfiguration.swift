package import Basics
package import Foundation

/// What the runner may do and when it gives up; the defaults are those of docs/settings.md.
package struct RunnerConfiguration: Sendable {
    /// Calls per second by contract, of all batches together, above 0 (`limits.rate`).
    package var rate: Double = 20
    /// Calls that may leave at once after a pause, at least 1 (`limits.burst`).
    package var burst: Int = 1
    /// Calls under way at once, at least 1: of one batch, and in `EndpointTraffic` of all (`limits.concurrency`).
    package var concurrency: Int = 32
    /// Calls per day in `timeZone`; nil for no cap, 0 for no calls (`limits.daily_calls`).
    package var dailyCalls: Int?
    /// Calls for the batch; nil for no cap, 0 for no calls (`limits.batch_calls`).
    package var batchCalls: Int?
    /// Paid calls that the money of a calendar month buys; nil for no cap, 0 for no calls (`limits.monthly_cost`).
    package var monthlyCalls: Int?
    /// How old an answer to an identical record may be to replace a call; nil for none (`reuse_within`).
    package var reuseWithin: Duration?
    /// Where daily and monthly counts turn over (`limits.time_zone`).
    package var timeZone: TimeZone = .gmt
    /// Attempts a record may spend (`retry.attempts`).
    package var attempts: Int = 5
    /// Upper end of the first wait before a retry (`retry.base_delay`).
    package var baseDelay: Duration = .milliseconds(500)
    /// Upper end of any wait before a retry (`retry.max_delay`).
    package var maxDelay: Duration = .seconds(60)
    /// What happens to in-doubt records at the batch's end (`retry.in_doubt`).
    package var inDoubt: InDoubtPolicy = .hold
    /// How many in-doubt records of a batch may be sent again; nil for no cap (`retry.in_doubt_budget`).
    package var inDoubtBudget: Int? = 0
    /// Refused probes in a row before a halt (`halt.probes`).
    package var probes: Int = 3
    /// Wait before each such probe (`halt.probe_interval`).
    package var probeInterval: Duration = .seconds(20)
    /// Undecipherable answers in a row before a halt (`halt.undecipherable`).
    package var undecipherable: Int = 3
    /// How long the API may be out of reach before a halt (`halt.outage`).
    package var outage: Duration = .seconds(300)
    /// A batch halts when more than this many of its latest answers are final failures (`halt.failed` of
    /// `halt.failed_of`).
    package var mostFailed: Int = 50
    /// How many of its latest answers are looked at (`halt.failed_of`).
    package var failedOf: Int = 100
    /// The weight of this batch's turns where several share the endpoint, at least 1 (`priority`).
    package var priority: Int = 1
    /// Calls per second of this batch alone, below the contract's; nil for no batch rate (`limits.rate` of a job).
    package var batchRate: Double?
    /// The call window: from a time on, when calls may be made next; the time itself
    /// while it is open. It opens and closes on whole minutes. Nil for one that is always open (`window`).
    package var opening: (@Sendable (WallTime) -> WallTime)?
    /// Whether an unencrypted 200 halts the batch (`api.require_encrypted_answers`).
    package var requireEncryptedAnswers: Bool = false

    /// The defaults of docs/settings.md.
    package init() {}
}

/// What happens to records that were sent, or maybe sent, without an answer recorded (`retry.in_doubt`).
package enum InDoubtPolicy: String, Sendable, CaseIterable {
    /// They stay in doubt until an operator decides.
    case hold
    /// At the batch's end they are sent again, at most `in_doubt_budget` of them.
    case retry

    /// How many more records may be sent again.
    ///
    /// - Parameters:
    ///   - budget: The batch's whole budget; nil for no cap.
    ///   - spent: How many of the batch's in-doubt records were sent again before.
    /// - Returns: The number left, or nil for no cap.
    func allowance(budget: Int?, spent: Int) -> Int? {
        switch self {
        case .hold: return 0
        case .retry: return budget.map { max(0, $0 - spent) }
        }
    }
}
