import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("The daemon's daily purge", .timeLimit(.minutes(15)))
struct RetentionServiceTests {
    private static let day: Int64 = 86_400_000
    /// Today at 6:13 UTC, for batches end by the machine's clock. A round is made at a quarter past midnight by the clock of
    /// the test, so that what ended today is due in the night before its age is over, or in the one after.
    private static let start =
        WallTime(milliseconds: WallTime.now().milliseconds / day * day) + day * 373 / 1_440
    private static let common = "limits: { rate: 50 }\nnotify: [sh, -c, 'cat >> told.jsonl']\n"
    private static let drop = "source: { path: drop, settle: 30s }\n"
    private static let file = "id,account_id,email\n1,acc-1,ada@example.com\n2,acc-2,bob@example.com\n"
    private static let erased = "what is older than its retention was erased"

    private static func bench(
        _ retention: String, jobs: [String: String] = ["drop": drop]
    ) async throws -> DaemonBench {
        let bench = try await DaemonBench(at: start, settings: common + "retention: \(retention)\n", jobs: jobs)
        try await bench.startDaemon()
        return bench
    }

    /// Lets time pass until noon of a day after the start.
    private static func pass(_ days: Int64, _ bench: DaemonBench) async throws {
        try await bench.pass(to: start + days * day + day / 4)
    }

    private static func drop(_ text: String, as name: String, into folder: String = "drop", _ bench: DaemonBench) throws
    {
        try bench.write(text, to: "\(folder)/inbox/\(name).csv")
    }

    /// Which parts of a batch are erased in the database.
    private static func purged(_ name: String, _ bench: DaemonBench) async throws -> [PurgeScope] {
        let times = try #require(try await bench.batch(name)).purged
        return PurgeScope.allCases.filter { times[$0] != nil }
    }

    private static func notPurged(_ bench: DaemonBench) throws -> [String] {
        try bench.told().filter { $0.contains(#""event":"not_purged""#) }
    }

    @Test("Each kind goes when its own age is over, and the month's key when nothing is left to open")
    func kinds() async throws {
        let bench = try await Self.bench(
            "{ payloads: 3d, results: 7d, ledger: 11d, archive: 5d, outputs: 9d, rejected: 1d }")
        try Self.drop(Self.file, as: "good", bench)
        try Self.drop("shoe,email\n1,ada@example.com\n", as: "shoes", bench)
        try await bench.pass { try await bench.hasResults("good-1") }
        try await bench.pass {
            try bench.names(in: "drop/archive") == ["good.csv"] && bench.names(in: "drop/rejected").count == 2
        }
        let outputs = "drop/out/\(try #require(bench.names(in: "drop/out").first))"

        try await Self.pass(0, bench)
        #expect(try bench.names(in: "drop/rejected").count == 2)
        #expect(bench.count(ofLogged: Self.erased) == 0)
        try await Self.pass(2, bench)
        #expect(try bench.names(in: "drop/rejected").isEmpty)
        #expect(try await Self.purged("good-1", bench).isEmpty)
        try await Self.pass(4, bench)
        #expect(try await Self.purged("good-1", bench) == [.payloads])
        #expect(try bench.names(in: "drop/archive") == ["good.csv"])
        try await Self.pass(6, bench)
        #expect(try await Self.purged("good-1", bench) == [.payloads])
        #expect(try bench.names(in: "drop/archive").isEmpty)
        try await Self.pass(8, bench)
        #expect(try await Self.purged("good-1", bench) == [.payloads, .results])
        #expect(try bench.names(in: outputs).contains("results.csv"))
        try await Self.pass(10, bench)
        #expect(!FileManager.default.fileExists(atPath: bench.file(outputs)))
        #expect(try await Self.purged("good-1", bench) == [.payloads, .results])
        try await bench.place.expectLedgerEqualsCalls()
        try await Self.pass(12, bench)
        #expect(try await Self.purged("good-1", bench) == PurgeScope.allCases)
        #expect(try await bench.reading { try await $0.actions() }.count { $0.name == .purge } == 3)

        try await Self.pass(40, bench)
        let months = bench.lines.all.compactMap { $0.metadata["months_destroyed"].map { "\($0)" } }
        #expect(months.filter { !$0.isEmpty } == ["\(CalendarMonth(at: Self.start))"], "\(months)")
        #expect(try Self.notPurged(bench).isEmpty)
        try Self.drop(Self.file.replacing("acc-", with: "new-"), as: "next", bench)
        try await bench.pass { try await bench.hasResults("next-2") }
        try await bench.end()
    }

    @Test("What is needed is kept, logged once, and told of once a day, also over restarts")
    func needed() async throws {
        let asks = "source: { path: asks, settle: 30s }\nconfirm: true\n"
        let bench = try await Self.bench("{ payloads: 1d, results: 2d }", jobs: ["drop": Self.drop, "asks": asks])
        try Self.drop("id,account_id,email\n1,acc-1,iia+reset@example.com\n", as: "doubt", bench)
        try await bench.pass { try await bench.hasResults("doubt-1") }
        try Self.drop(Self.file, as: "dear", into: "asks", bench)
        try await bench.pass { try await bench.batch("dear-2")?.state == .awaitingConfirmation }
        try await Self.pass(2, bench)
        try await bench.settle { try Self.notPurged(bench).last?.contains("dear-2") ?? false }
        let first = try Self.notPurged(bench).count
        for day in 1...3 {
            try await bench.stopDaemon()
            try await bench.startDaemon()
            try await bench.pass(to: bench.clock.now + Self.day / 8)
            #expect(try Self.notPurged(bench).count == first + day - 1)
            try await Self.pass(2 + Int64(day), bench)
            try await bench.settle { try Self.notPurged(bench).count >= first + day }
            #expect(try Self.notPurged(bench).count == first + day)
        }
        let told = try #require(try Self.notPurged(bench).last)
        #expect(told.contains("doubt-1 has 1 line in doubt or held; dear-2 waits for confirmation"), "\(told)")
        #expect(told.contains(#""next":"rollcall doctor""#))
        for batch in ["doubt-1", "dear-2"] { #expect(try await Self.purged(batch, bench).isEmpty) }
        // Each of the four daemons names each batch once.
        let reasons = bench.lines.all.filter { $0.message == "older than its retention and not purged" }
        #expect(reasons.count == 8)
        try await bench.operate(.cancel, "dear-2")
        try await bench.pass { try await bench.hasResults("dear-2") }
        try await Self.pass(7, bench)
        #expect(try await Self.purged("dear-2", bench) == [.payloads, .results])
        try await bench.end()
    }

    @Test("What is not Rollcall's stays in a result folder, and is named once; a job's shorter age counts")
    func others() async throws {
        let shorter = Self.drop + "retention: { outputs: 1d }\n"
        let bench = try await Self.bench("{ outputs: 30d }", jobs: ["drop": shorter])
        try Self.drop(Self.file, as: "good", bench)
        try await bench.pass { try await bench.hasResults("good-1") }
        let outputs = "drop/out/\(try #require(bench.names(in: "drop/out").first))"
        try bench.write("mine", to: "\(outputs)/notes.txt")
        for day in Int64(1)...4 { try await Self.pass(day, bench) }
        #expect(try bench.names(in: outputs) == ["notes.txt"])
        try await bench.settle { try Self.notPurged(bench).count >= 1 }
        #expect(try Self.notPurged(bench).count == 1)
        let reasons = bench.lines.all.filter { $0.message == "older than its retention and not purged" }
        #expect(reasons.count == 1 && "\(reasons)".contains("other files are left there"))
        #expect(try await Self.purged("good-1", bench).isEmpty)
        try await bench.end()
    }

    @Test("An age that is given while the daemon runs counts from SIGHUP on; without any nothing is looked at")
    func reloaded() async throws {
        let bench = try await DaemonBench(at: Self.start, settings: Self.common, jobs: ["drop": Self.drop])
        try await bench.startDaemon()
        try Self.drop(Self.file, as: "good", bench)
        try await bench.pass { try await bench.hasResults("good-1") }
        try await Self.pass(4, bench)
        #expect(try await Self.purged("good-1", bench).isEmpty)
        try bench.write(Self.drop + "retention: { payloads: 1d }\n", to: "jobs/drop.yaml")
        try await bench.reloadDaemon()
        try await bench.pass(to: bench.clock.now + Self.day / 4)
        #expect(try await Self.purged("good-1", bench) == [.payloads])
        try await bench.end()
    }
}
