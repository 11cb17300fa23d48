internal import Basics
internal import Foundation
internal import RecordStore

/// The caps on calls, with the calendar day they count on.
struct CallLimits: Sendable {
    private let configuration: RunnerConfiguration
    private let batch: String
    private var minute: Int64 = .min
    private var day = CallDay(rawValue: 0)

    init(_ configuration: RunnerConfiguration, batch: String) {
        self.configuration = configuration
        self.batch = batch
    }

    /// The caps that hold at a time, in milliseconds since 1970 UTC.
    mutating func caps(at now: Int64) -> CallCaps {
        // Zones differ by whole minutes, and asking a calendar costs more than a claim.
        if now / 60_000 != minute {
            minute = now / 60_000
            day = CallDay(at: now, in: configuration.timeZone)
        }
        return CallCaps(
            daily: configuration.dailyCalls, batch: configuration.batchCalls, monthly: configuration.monthlyCalls,
            answeredSince: configuration.reuseWithin.map { now - $0.milliseconds }, day: day)
    }

    /// Why a capped batch is paused, and how it goes on.
    func reason(_ cap: Cap) -> String {
        switch cap {
        case .batchCalls:
            "The batch has used its limits.batch_calls of \(Counted.things(configuration.batchCalls ?? 0, "call")). "
                + "Raise the limit, then \(Hint.resume(batch: batch))."
        case .dailyCalls:
            "Today's limits.daily_calls of \(Counted.things(configuration.dailyCalls ?? 0, "call")) is used up. "
                + goesOn("midnight")
        case .monthlyCost:
            "This month's limits.monthly_cost is used up: it buys \(Counted.things(configuration.monthlyCalls ?? 0, "call")), those under "
                + "way and perhaps billed counted. " + goesOn("the turn of the month")
        }
    }

    private func goesOn(_ turn: String) -> String {
        "The daemon goes on by itself after \(turn) (\(configuration.timeZone.displayName)); to go on before, raise the "
            + "limit, then \(Hint.resume(batch: batch))."
    }
}
