import Figures
import Foundation

/// How much a daemon's calls are slowed down by people who look at its pages meanwhile.
struct PageBenchmark {
    let bench: Bench

    /// Calls per second, above any contract we know of.
    private static let rate = 300
    /// Ten seconds' worth.
    private static let records = 3_000
    /// People who have the pages open.
    private static let visitors = 4

    func measure() throws -> [Figure] {
        let emulator = try RunningEmulator.start(bench)
        let (alone, visited) = try (0..<bench.scale.rounds).reduce(into: ([Side](), [Side]())) { sides, _ in
            sides.0.append(try side(visitors: 0, against: emulator))
            sides.1.append(try side(visitors: Self.visitors, against: emulator))
        }
        try emulator.stop()
        let (quiet, busy) = (alone.map(\.callsPerSecond), visited.map(\.callsPerSecond))
        return [
            Figure(
                "calls per second beside \(Self.visitors) visitors, over those without", .times, busy / quiet,
                target: .atLeast(0.97)),
            Figure("calls per second beside visitors", .perSecond, busy),
            Figure("calls per second without", .perSecond, quiet),
            Figure(
                "the daemon's CPU beside visitors, over that without", .times,
                visited.map(\.cpuSeconds) / alone.map(\.cpuSeconds)),
        ]
    }

    /// What was measured of one daemon.
    private struct Side {
        let callsPerSecond: Double
        let cpuSeconds: Double
    }

    private func side(visitors: Int, against emulator: borrowing RunningEmulator) throws -> Side {
        let earlier = try emulator.calls().count
        return try Client.withNewFolder(bench) { client in
            let token = try client.adminToken(of: emulator)
            let daemon = try client.startDaemon(against: emulator, rate: Self.rate)
            let port = try client.administrationPort()
            if visitors > 0 {
                let visits = try bench.visit(port, token, visitors)
                try client.drop(Self.records)
                try emulator.waitForCalls(earlier + Self.records)
                visits.terminate()
                _ = try visits.wait()
            } else {
                try client.drop(Self.records)
                try emulator.waitForCalls(earlier + Self.records)
            }
            daemon.terminate()
            let ended = try daemon.wait()
            return Side(callsPerSecond: try emulator.calls(after: earlier).perSecond, cpuSeconds: ended.cpuSeconds)
        }
    }
}

extension Bench {
    /// Has people look at pages until the process is ended.
    fileprivate func visit(_ port: UInt16, _ token: String, _ visitors: Int) throws -> ChildProcess {
        try ChildProcess.start(
            [program, "work-visit", "--port", "\(port)", "--visitors", "\(visitors)"],
            environment: ["VISIT_TOKEN": token], output: folder.file("visit.out"), errors: folder.file("visit.log"))
    }
}
