import Basics
import Figures
import Foundation

/// How many records are in doubt after `rollcall run` was killed, beside the calls that were under way.
///
/// A call that is under way when the power fails is in doubt whatever a tool does. What was claimed and not yet sent, or
/// answered and not yet written, comes on top, and somebody has to decide about each.
struct KillBenchmark {
    let bench: Bench

    /// Calls per second.
    private static let rate = 250
    /// How long the emulator takes to answer, in milliseconds.
    private static let latency = 20
    /// More than are sent before the kill.
    private static let records = 4_000

    func measure() throws -> [Figure] {
        let emulator = try RunningEmulator.start(bench, latency: Self.latency)
        var (open, underWay) = ([Double](), [Double]())
        for number in 0..<bench.scale.kills {
            try Client.withNewFolder(bench) { client in
                let earlier = try emulator.calls().count
                let run = try client.start(Self.records, against: emulator, rate: Self.rate, burst: 1)
                // Each kill at another point of the work.
                try emulator.waitForCalls(earlier + 200 + number)
                let end = WallTime.now()
                run.kill()
                _ = try run.wait()
                underWay.append(
                    Double(try emulator.calls(after: earlier).count(after: end - .milliseconds(Self.latency))))
                open.append(Double(try client.openRecords(of: emulator)))
            }
        }
        try emulator.stop()
        let beyond = zip(open, underWay).map { $0 - $1 }
        return [
            Figure("in doubt after a kill, beyond the calls under way", .number, beyond, target: .atMost(3)),
            Figure("in doubt after a kill", .number, open),
            Figure("calls under way then", .number, underWay),
        ]
    }
}
