import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("What the daemon tells")
struct NotificationsTests {
    private static let notify = "notify: [sh, -c, 'cat >> told.jsonl']\n"
    private static let jobs = [
        "drop": "source: { path: drop, settle: 30s }\n" + notify,
        "asks": "source: { path: asks, settle: 30s }\nconfirm: true\n" + notify,
        // Due once while no daemon runs, and not before, however long the rest takes.
        "nightly": "schedule: \"0 9 * * *\"\nsource: { glob: incoming/*.csv }\n" + notify,
    ]
    private static let header = "id,account_id,name,email\n"

    private func expectTold(_ events: [String], _ bench: DaemonBench) async throws {
        try await bench.settle { try bench.told().count >= events.count }
        let told = try bench.told()
        #expect(told.count == events.count)
        for (line, event) in zip(told, events) { #expect(line.contains(#""event":"\#(event)""#), "\(line)") }
    }

    @Test("Each event is told once, in its order, without personal data, also across a restart")
    func events() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000,
            settings: "limits: { rate: 50 }\nhalt: { probes: 1, probe_interval: 1s }\n", jobs: Self.jobs)
        try await bench.startDaemon()
        try bench.write(Self.header + "a,acc-a,Ada Example,ada@example.com\n", to: "drop/inbox/good.csv")
        try await bench.pass {
            try await bench.hasResults("good-1")
        }
        try await expectTold(["completed"], bench)
        let costs = try bench.told().map { $0.contains(#""cost":{"#) && $0.contains(#""certain":null"#) }
        #expect(costs == [true])
        try bench.write("shoe,email\n1,ada@example.com\n", to: "drop/inbox/shoes.csv")
        try await bench.pass { try bench.names(in: "drop/rejected").count == 2 }
        try await expectTold(["completed", "rejected"], bench)
        try bench.write(Self.header + "b,acc-b,Bob Example,bob@example.com\n", to: "asks/inbox/dear.csv")
        try await bench.pass { try await bench.batch("dear-2")?.state == .awaitingConfirmation }
        try await expectTold(["completed", "rejected", "awaiting_confirmation"], bench)
        #expect(try bench.told().last?.contains(#""cost":{"#) == true)
        #expect(bench.count(ofLogged: "batch waits for confirmation", batch: "dear-2") == 1)

        try await bench.stopDaemon()
        try await bench.pass(to: bench.clock.now + 3 * 3_600_000)
        _ = try bench.spoilKeys()
        try await bench.startDaemon()
        try await expectTold(["completed", "rejected", "awaiting_confirmation", "missed"], bench)
        try bench.write(Self.header + "c,acc-c,Cyd Example,cyd@example.com\n", to: "drop/inbox/late.csv")
        try await bench.pass { try await bench.batch("late-3")?.state == .halted }
        try await expectTold(["completed", "rejected", "awaiting_confirmation", "missed", "halted"], bench)
        let all = try bench.told().joined()
        for word in ["example.com", "Example", "acc-", "shoe\""] { #expect(!all.contains(word), "\(word)") }
        #expect(all.contains("rollcall doctor"))
        #expect(all.contains(#""next":"rollcall start dear-2""#) && all.contains(#""next":"rollcall resume late-3""#))
        try await bench.end()
    }

    @Test("Records in doubt are told of once their batch is over, with what they cost and the command that decides")
    func inDoubt() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000,
            settings: "limits: { rate: 50 }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n", jobs: Self.jobs)
        try await bench.startDaemon()
        try bench.write(
            Self.header + "a,acc-a,Ada Example,ada@example.com\nb,acc-b,Bob Example,iia+resetx1.1@example.com\n",
            to: "drop/inbox/cut.csv")
        try await bench.pass { try await bench.hasResults("cut-1") }
        try await expectTold(["completed", "in_doubt"], bench)
        let told = try #require(try bench.told().last)
        #expect(told.contains(#""next":"rollcall rerun cut-1 --status in_doubt""#))
        #expect(told.contains(#""at_most":0.5"#) && told.contains(#""in_doubt":1"#) && told.contains(#""calls":2"#))
        #expect(try bench.callsRead() == 2)
        try await bench.end()
    }

    @Test("With a done marker a dropped file waits for it, however long, and the marker goes with the file")
    func doneMarker() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "limits: { rate: 50 }\n",
            jobs: ["drop": "source: { path: drop, done_marker: true }\n"])
        try await bench.startDaemon()
        try bench.write(Self.header + "a,acc-a,Ada Example,ada@example.com\n", to: "drop/inbox/a.csv")
        try await bench.pass(to: bench.clock.now + 24 * 3_600_000)
        #expect(try await bench.reading { try await $0.batches() }.isEmpty)
        try bench.write("", to: "drop/inbox/a.csv.done")
        try await bench.pass { try await bench.reading { try await $0.batches().first?.state } == .completed }
        try await bench.pass { try await bench.reading { try await $0.pendingBatches().isEmpty } }
        #expect(try bench.names(in: "drop/inbox").isEmpty)
        #expect(try bench.names(in: "drop/archive") == ["a.csv"])
        #expect(try bench.names(in: "drop/working").isEmpty)
        try await bench.end()
    }

    @Test("A file that was rejected is shown after a restart, too, until it comes as it should be")
    func keptAlerts() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "limits: { rate: 50 }\n", jobs: ["drop": "source: { path: drop }\n"])
        func shown() async throws -> [String] {
            guard let context = bench.context else { return [] }
            let items = context.notices.recent.items(notCuredBy: try await context.store.batches())
            return items.map(\.text).filter { $0.hasPrefix("A file was rejected: drop") }
        }
        try await bench.startDaemon()
        try bench.write("shoe,email\n1,ada@example.com\n", to: "drop/inbox/day.csv")
        try await bench.pass { try await shown().count == 1 }
        let told = try await shown()
        try await bench.stopDaemon()
        #expect(try !bench.place.text("var/rollcall.sqlite.alerts").contains("ada@example.com"))
        try await bench.startDaemon()
        #expect(try await shown() == told)
        try bench.write(Self.header + "a,acc-a,Ada Example,ada@example.com\n", to: "drop/inbox/day.csv")
        try await bench.pass { try await shown().isEmpty }
        try await bench.stopDaemon()
        try await bench.startDaemon()
        #expect(try await shown().isEmpty)
        try await bench.end()
    }
}
