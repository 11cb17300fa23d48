import Foundation
import Results

/// What sending records would take. Retries come on top; nobody knows them beforehand.
struct Estimate: Equatable {
    /// Billable calls, one for each record that needs its own.
    let calls: Int
    /// Records that get the answer of an earlier line.
    let repeats: Int
    /// Records that get an answer of an earlier batch.
    let reused: Int
    /// Records that are held because an identical one is in doubt.
    let held: Int
    /// At the configured rate, in seconds.
    let seconds: Double
    /// What the calls cost after those of the month so far; nil where no price is known.
    let cost: Money?

    init(
        calls: Int, repeats: Int = 0, reused: Int = 0, held: Int = 0, rate: Double, pricing: Pricing?,
        callsThisMonth: Int = 0
    ) {
        self.calls = calls
        self.repeats = repeats
        self.reused = reused
        self.held = held
        seconds = Double(calls) / rate
        cost = pricing.map {
            Money(currency: $0.currency, amount: $0.cost(ofCalls: calls, already: callsThisMonth))
        }
    }

    var text: String {
        "\(Figures.count(calls, "billable call")), at least \(Figures.duration(seconds: seconds)), "
            + (cost.map { "about \($0)" } ?? "cost unknown (no pricing in the settings)") + spared
    }

    /// What needs no call, where there is any.
    private var spared: String {
        let parts = [(repeats, "the same as an earlier line"), (reused, "answered before"), (held, "held in doubt")]
        let told = parts.filter { $0.0 > 0 }.map { "\(Figures.count($0.0)) \($0.1)" }
        return told.isEmpty ? "" : "; no call for " + told.joined(separator: ", ")
    }
}
