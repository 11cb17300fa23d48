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
    /// What the calls cost after those of the month so far.
    let cost: Cost

    init(
        calls: Int, repeats: Int = 0, reused: Int = 0, held: Int = 0, rate: Double, pricing: Pricing?,
        callsThisMonth: Int = 0
    ) {
        self.calls = calls
        self.repeats = repeats
        self.reused = reused
        self.held = held
        seconds = Double(calls) / rate
        cost =
            pricing.map { pricing in
                let amount = pricing.cost(ofCalls: calls, already: callsThisMonth)
                return .known(currency: pricing.currency, certain: amount, atMost: amount)
            } ?? .unknown
    }

    var text: String {
        "\(NumberFormat.count(calls, "billable call")), at least \(NumberFormat.duration(seconds: seconds)), "
            + (cost == .unknown ? "cost unknown (no pricing in the settings)" : "about \(cost)") + spared
    }

    /// What needs no call, where there is any.
    private var spared: String {
        let parts = [(repeats, "the same as an earlier line"), (reused, "answered before"), (held, "held in doubt")]
        let told = parts.filter { $0.0 > 0 }.map { "\(NumberFormat.count($0.0)) \($0.1)" }
        return told.isEmpty ? "" : "; no call for " + told.joined(separator: ", ")
    }
}
