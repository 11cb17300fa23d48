import Basics
import Figures

/// From the start of the process `rollcall run` to its first call's arrival at the emulator.
struct StartBenchmark {
    let bench: Bench

    func measure() throws -> [Figure] {
        let emulator = try RunningEmulator.start(bench)
        var (first, later) = ([Double](), [Double]())
        for _ in 0..<bench.scale.rounds {
            try Client.withNewFolder(bench) { client in
                // Different numbers of records: a file that was already taken in would be passed over.
                first.append(try delay(of: client, sending: 1, to: emulator))
                later.append(try delay(of: client, sending: 2, to: emulator))
            }
        }
        try emulator.stop()
        return [
            Figure("start to first call", .milliseconds, later, target: .atMost(150)),
            Figure("the same, where the database must be made", .milliseconds, first, target: .atMost(150)),
        ]
    }

    /// Milliseconds from right before the start of the process to the first call of its run.
    private func delay(
        of client: Client, sending records: Int, to emulator: borrowing RunningEmulator
    ) throws -> Double {
        let earlier = try emulator.calls().count
        var start = WallTime.distantPast
        _ = try client.run(records, against: emulator, rate: 200, burst: 1) { start = .now() }
        guard let arrival = try emulator.calls(after: earlier).first else {
            throw BenchmarkError("a run of \(records) records made no call")
        }
        return (arrival - start) / .milliseconds(1)
    }
}
