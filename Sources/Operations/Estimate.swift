import Foundation
import Results

/// What sending records would take. Retries come on top; nobody knows them beforehand.
struct Estimate: Equatable {
    let calls: Int
    /// At the configured rate, in seconds.
    let seconds: Double
    /// `12.50 USD`, or nil where no price is known.
    let cost: String?

    init(calls: Int, rate: Double, pricing: Pricing?, callsThisMonth: Int = 0) {
        self.calls = calls
        seconds = Double(calls) / rate
        cost = pricing.map { "\($0.cost(ofCalls: calls, already: callsThisMonth)) \($0.currency)" }
    }

    var text: String {
        "\(Figures.count(calls, "billable call")), at least \(Figures.duration(seconds: seconds)), "
            + (cost.map { "about \($0)" } ?? "cost unknown (no pricing in the settings)")
    }
}
