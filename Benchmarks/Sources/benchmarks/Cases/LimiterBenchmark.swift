import Figures

/// How exactly a rate is kept, by the times at which calls are sent, and arrive at the emulator.
struct LimiterBenchmark {
    let bench: Bench

    /// Calls per second.
    private static let rate = 200
    /// The default of `limits.burst`, and the strictest.
    private static let burst = 1
    /// Seconds that are counted, from the first call on.
    private static let seconds = 10
    /// Records, two seconds' worth more than are counted: a run's end must not show in them.
    private static let records = rate * (seconds + 2)

    func measure() throws -> [Figure] {
        let emulator = try RunningEmulator.start(bench)
        var (sent, arrived) = ([CallTimes](), [CallTimes]())
        for _ in 0..<bench.scale.rounds {
            let earlier = try emulator.calls().count
            try Client.withNewFolder(bench) { client in
                _ = try client.run(Self.records, against: emulator, rate: Self.rate, burst: Self.burst)
                sent.append(try client.sent())
            }
            arrived.append(try emulator.calls(after: earlier))
        }
        try emulator.stop()
        if let calls = (sent + arrived).first(where: { $0.count != Self.records }) {
            throw BenchmarkError("\(calls.count) calls are recorded for \(Self.records) records")
        }
        return figures(sent, arrived)
    }

    private func figures(_ sent: [CallTimes], _ arrived: [CallTimes]) -> [Figure] {
        let due = Self.rate * Self.seconds
        let counts = arrived.map { Double($0.count(inFirst: Self.seconds)) }
        return [
            Figure(
                "deviation of the calls in \(Self.seconds) s from \(Count.text(due)), largest", .percent,
                counts.map { abs($0 / Double(due) - 1) * 100 }, summary: .largest, target: .atMost(1)),
            fullestSecond("calls sent in any second, largest", sent, target: .atMost(Double(Self.rate + Self.burst))),
            // How long a call is on its way differs from call to call, which is not the limiter's doing.
            fullestSecond("calls arriving in any second, largest", arrived),
            Figure("calls in \(Self.seconds) s", .calls, counts),
        ]
    }

    private func fullestSecond(_ name: String, _ runs: [CallTimes], target: Target? = nil) -> Figure {
        Figure(name, .calls, runs.map { Double($0.mostInAnySecond) }, summary: .largest, target: target)
    }
}
