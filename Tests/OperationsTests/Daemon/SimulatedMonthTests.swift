import Basics
import Foundation
import RecordStore
import Testing

@testable import Operations

@Suite("A simulated month")
struct SimulatedMonthTests {
    /// March 2026 in Berlin, where the clock is set forward on the 29th.
    private struct Month {
        let calendar: Calendar

        init() throws {
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
            self.calendar = calendar
        }

        func instant(day: Int, hour: Int, minute: Int = 0) throws -> WallTime {
            let parts = DateComponents(year: 2026, month: 3, day: day, hour: hour, minute: minute)
            return WallTime(try #require(calendar.date(from: parts)))
        }
    }

    private static let jobs = [
        "nightly": """
        schedule: "0 22 * * *"
        time_zone: Europe/Berlin
        catch_up: true
        window: 22:00-06:00
        source: { glob: incoming/*.csv, settle: 30s }
        after: archive
        max_invalid: 100%
        """,
        "drop": """
        source: { path: drop, settle: 30s }
        priority: 5
        max_invalid: 100%
        """,
        "again": """
        schedule: "30 5 * * *"
        time_zone: Europe/Berlin
        rerun: { jobs: [nightly], statuses: failed, younger_than: 24h }
        """,
    ]

    private static let settings = """
        limits: { rate: 50, burst: 8, concurrency: 8, time_zone: Europe/Berlin }
        retry: { base_delay: 500ms, max_delay: 5s }

        """

    private static let header = "id,account_id,name,email\n"

    /// A night's file: most are answered, one fails once, one is refused for good, one breaks a rule.
    private static func night(_ day: Int) -> String {
        let plain = (1...9).map { "n\(day)-\($0),night-\(day)-\($0),Ada Example,n\(day).\($0)@example.com\n" }
        return header + plain.joined() + "n\(day)-a,night-\(day)-a,Ada Example,iia+503x1.n\(day)@example.com\n"
            + "n\(day)-b,night-\(day)-b,Ada Example,iia+400.n\(day)@example.com\n"
            + "n\(day)-c,night-\(day)-c,Ada Example,x\n"
    }

    private static func day(_ day: Int, _ file: Int) -> String {
        header
            + (1...5).map {
                "d\(day)-\(file)-\($0),day-\(day)-\(file)-\($0),Ada Example,d\(day).\(file).\($0)@example.com\n"
            }.joined()
    }

    @Test("Every line of every file is accounted for, no file is taken twice, whatever the month brings")
    func month() async throws {
        let month = try Month()
        let bench = try await DaemonBench(
            at: month.instant(day: 1, hour: 0), settings: Self.settings, jobs: Self.jobs)
        try await bench.startDaemon()
        var dropped = [String]()
        for day in 1...30 {
            if day == 17 { try await bench.takeAPIDown() }
            if day == 18 {
                try await bench.bringAPIUp()
                try await resumeHalted(bench)
            }
            try await bench.pass(to: month.instant(day: day, hour: 10))
            for file in 1...(day % 4 == 0 ? 2 : 1) {
                try bench.write(Self.day(day, file), to: "drop/inbox/day-\(day)-\(file).csv")
                dropped.append("day-\(day)-\(file).csv")
            }
            try bench.write(Self.night(day), to: "incoming/night-\(day).csv")
            if day != 17 { try await bench.pass { try await isDone(dropped, bench) } }
            // On three days the daemon is restarted; on one of them it sleeps through the night's hour.
            if [7, 14, 21].contains(day) { try await bench.stopDaemon() }
            try await bench.pass(to: month.instant(day: day, hour: day == 14 ? 23 : 21, minute: 55))
            if [7, 14, 21].contains(day) { try await bench.startDaemon() }
            try await bench.pass(to: month.instant(day: day, hour: 22, minute: 1))
            if day != 17 { try await bench.pass { try await isDone(["night-\(day).csv"], bench) } }
        }
        // Before the next re-run is due, so that nothing begins while the month is added up.
        try await bench.pass(to: month.instant(day: 31, hour: 4))
        try await bench.pass { try await bench.reading { try await $0.pendingBatches().isEmpty } }
        try await bench.stopDaemon()
        try await expectAccounted(bench, nights: (1...30).map { "night-\($0).csv" }, days: dropped)
        try await bench.end()
    }

    /// A person comes in the morning after the outage, sees what halted, and lets it continue.
    private func resumeHalted(_ bench: DaemonBench) async throws {
        for batch in try await bench.reading({ try await $0.batches() }) where batch.state == .halted {
            let operation = BatchCommandOperation(
                .resume, batch: batch.name, config: bench.file("rollcall.yaml"), json: false, console: .silent)
            #expect(try await operation.perform() == .succeeded)
        }
    }

    private func isDone(_ files: [String], _ bench: DaemonBench) async throws -> Bool {
        try await bench.reading { store in
            let pending = Set(try await store.pendingBatches().map(\.id))
            let done = try await store.batches().filter { !pending.contains($0.id) }.map(\.fileName)
            return Set(files).isSubset(of: done)
        }
    }

    private func expectAccounted(_ bench: DaemonBench, nights: [String], days: [String]) async throws {
        let (batches, calls) = try await bench.reading { store in
            let batches = try await store.batches()
            var calls = 0
            for batch in batches { try await store.forEachAttempt(batch.id) { calls += $0.countsAsCall ? 1 : 0 } }
            return (batches, calls)
        }
        #expect(batches.map(\.fileName).sorted() == (nights + days).sorted())
        for batch in batches {
            let isNight = nights.contains(batch.fileName)
            #expect(batch.state == .completed, "\(batch.name)")
            #expect(batch.counts.total == (isNight ? 12 : 5), "\(batch.name)")
            #expect(batch.counts.succeeded == (isNight ? 10 : 5), "\(batch.name)")
            #expect(batch.counts.failed == (isNight ? 1 : 0), "\(batch.name)")
            #expect(batch.counts.inDoubt == 0, "\(batch.name)")
        }
        #expect(try bench.callsRead() == calls)
        #expect(try bench.names(in: "drop/archive") == days.sorted())
        #expect(try bench.names(in: "incoming/archive") == nights.sorted())
        #expect(try bench.names(in: "drop/working").isEmpty)
        #expect(try bench.names(in: "drop/out").count == days.count)
    }
}
