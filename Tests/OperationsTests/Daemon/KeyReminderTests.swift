import Basics
import Foundation
import IdentityInsightsClient
import TestSupport
import Testing

@testable import Operations

@Suite("Reminders of a key's end")
struct KeyReminderTests {
    private static let day: Int64 = 86_400_000

    private func reminders(_ bench: DaemonBench) throws -> [String] {
        try bench.told().filter { $0.contains(#""event":"key_ends""#) && $0.contains("api.client_certificate") }
    }

    @Test("They come at 30, 14, 7, 3 and 1 days and at the end, once each, also over a restart")
    func once() async throws {
        let bench = try await DaemonBench(
            at: 0, settings: "notify: [sh, -c, 'cat >> told.jsonl']\n",
            jobs: ["drop": "source: { path: drop, settle: 30s }\n"])
        let keys = try Installation(config: bench.file("rollcall.yaml")).credentials().datedKeys
        let key = try #require(keys.first { $0.setting == "api.client_certificate" })
        let end = WallTime(key.end)
        bench.clock.setWall(to: end - 31 * Self.day)
        try await bench.startDaemon()
        #expect(try reminders(bench).isEmpty)
        for (index, days) in [30, 14, 7, 3, 1, 0].enumerated() {
            bench.clock.setWall(to: end - Int64(days) * Self.day)
            try await bench.pass(to: bench.clock.now + Self.day / 3)
            try await bench.settle { try reminders(bench).count > index }
            // Told again neither at the next look nor after a restart.
            if days == 7 {
                try await bench.stopDaemon()
                try await bench.startDaemon()
            }
            try await bench.pass(to: bench.clock.now + Self.day / 3)
            #expect(try reminders(bench).count == index + 1)
        }
        let told = try reminders(bench)
        #expect(
            told[0].contains("ends in 29 days") && told[4].contains("ends within a day")
                && told[5].contains("expired on"))
        #expect(told.allSatisfy { $0.contains(#""next":"rollcall doctor""#) })
        try await bench.end()
    }
}
