import Basics
import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Nodes {
    @Suite("One contract for several runners: its rate, its caps, and what the server asks for")
    struct SharedContractTests {
        @Test("A cap is one for all: not one call more, whoever asks")
        func sharedCap() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"], limits: "daily_calls: 50") { shared in
                let processes = try shared.nodes.map { try shared.run($0, lines: 40) }
                for process in processes { _ = try await process.wait() }
                #expect(shared.installation.emulator.calls.total == 50)
                let ledger = try await shared.ledger()
                #expect(ledger.attempts.count { $0.countsAsCall } == 50)
            }
        }

        @Test("The contract's rate is one for all: no two calls are nearer than it allows, none leaves before its time")
        func sharedRate() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                for process in try shared.nodes.map({ try shared.run($0, lines: 60) }) {
                    #expect(try await process.wait().status == 0)
                }
                // 400 a second.
                let near = """
                    SELECT count(*) FROM (SELECT slot_us - lag(slot_us) OVER (ORDER BY slot_us) AS gap FROM rollcall.attempts)
                      AS gaps WHERE gap < 2500
                    """
                #expect(try shared.rows(near) == ["0"])
                var slots: [String: Int64] = [:]
                for row in try shared.rows("SELECT correlation_id, slot_us / 1000 FROM rollcall.attempts") {
                    let values = row.split(separator: "|")
                    slots[String(values[0])] = Int64(values[1])
                }
                let calls = try shared.installation.calls()
                #expect(calls.count == 120)
                for call in calls { #expect(call.at >= (slots[call.correlationID] ?? .max)) }
            }
        }

        @Test("A wait that the server asks one runner for is another's, too, which begins while it lasts")
        func sharedWait() async throws {
            try await SharedInstallation.with(nodes: ["a", "b"]) { shared in
                try shared.installation.write(Accounts.csv(scenarios: ["iia+429listx1"]), to: "a.csv")
                let a = try shared.installation.start(["run", "a.csv", "--config", "a.yaml"])
                // Before its start there is no such table.
                try await waitUntil {
                    (try? shared.rows("SELECT 1 FROM rollcall.limiter WHERE closed_until > 0 LIMIT 1")) == ["1"]
                }
                let b = try shared.run("b", lines: 10)
                for process in [a, b] {
                    let ended = try await process.wait()
                    #expect(ended.status == 0, "\(ended.errors)")
                }
                let attempts = try await shared.ledger().attempts
                let asked = try #require(attempts.first { $0.httpStatus == 429 })
                let end = try #require(asked.finishedAt)
                // 3 s, by the wall clock, which counts in whole milliseconds.
                #expect(attempts.count == 12)
                #expect(attempts.allSatisfy { $0.id == asked.id || $0.startedAt - end >= .milliseconds(2_990) })
                try shared.expectNothingTwice(attempts, but: 1)
            }
        }

        @Test("The policy 'retry' sends again what a dead node may have under way, once it cannot be")
        func retriedLater() async throws {
            let executioner = ProcessKiller()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            knobs.onCall = { executioner.saw($0) }
            try await SharedInstallation.with(knobs, nodes: ["a", "b"]) { shared in
                for node in shared.nodes {
                    let settings = try shared.installation.text("\(node).yaml")
                    try shared.installation.write(
                        settings.replacing("max_delay: 50ms }", with: "max_delay: 50ms, in_doubt: retry }"),
                        to: "\(node).yaml")
                }
                let process = try shared.run("a", lines: 60)
                executioner.condemn(process, at: 20)
                #expect(try await process.wait().status == -9)
                try shared.run("UPDATE rollcall.nodes SET lease_until_us = 0 WHERE name = 'a'")
                let retired = try await shared.rollcall("nodes", "retire", "a", as: "b")
                #expect(retired.status == 0, "\(retired.errors)")
                let ended = try await shared.rollcall("run", "a.csv", as: "b")
                #expect(ended.status == 0, "\(ended.errors)")
                let ledger = try await shared.ledger()
                let counts = try #require(ledger.batches.first?.counts)
                #expect(counts.succeeded == 60 && counts.inDoubt == 0 && counts.inDoubtRetried > 0)
                #expect(ledger.attempts.count == 60 + counts.inDoubtRetried)
                let early = """
                    SELECT count(*) FROM rollcall.attempts AS first JOIN rollcall.nodes ON nodes.id = first.node_id
                    JOIN rollcall.attempts AS again ON again.record_id = first.record_id AND again.id > first.id
                    WHERE again.slot_us < first.send_until_us + longest_call_us
                    """
                #expect(try shared.rows(early) == ["0"])
            }
        }
    }
}
