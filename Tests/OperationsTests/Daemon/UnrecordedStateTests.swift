import Basics
import Foundation
import GRDB
import JobRunner
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("A daemon whose state can no longer be recorded", .timeLimit(.minutes(15)))
struct UnrecordedStateTests {
    private static let jobs = [
        "drop": "source: { path: drop, settle: 30s }\nlimits: { rate: 1 }\nnotify: [sh, -c, 'cat >> told.jsonl']\n",
        "nightly": "schedule: \"0 3 * * *\"\nsource: { glob: incoming/*.csv, settle: 30s }\n",
    ]
    private static let file = "id,account_id,email\n" + (1...5).map { "r\($0),a\($0),u\($0)@example.com\n" }.joined()

    /// What the daemon is busy with when writing begins to fail.
    enum Instant: CaseIterable {
        case takingIn
        case sending
        case schedule
        case nothing
    }

    @Test("It ends with the reason, whatever it is busy with, and everybody is told", arguments: Instant.allCases)
    func ends(instant: Instant) async throws {
        let jobs = instant == .nothing ? Self.jobs.filter { $0.key == "drop" } : Self.jobs
        let bench = try await DaemonBench(at: 1_772_000_000_000, settings: "", jobs: jobs)
        try await bench.startDaemon()
        if instant == .sending {
            try bench.write(Self.file, to: "drop/inbox/a.csv")
            try await bench.pass { try await bench.batch("a-1")?.counts.calls ?? 0 > 0 }
        }
        try #require(bench.context).store.refuseWrites()
        if instant == .takingIn { try bench.write(Self.file, to: "drop/inbox/a.csv") }
        let failure = try await bench.failureOfDaemon() as? StoreError
        #expect(failure?.code == .stateNotWritten)
        #expect(OperationFailure(try #require(failure)).status == .unfinished)
        #expect(bench.count(ofLogged: "the daemon ends: nothing can be accounted for any more") == 1)
        let told = try bench.told()
        #expect(told.count == 1 && told.first?.contains(#""event":"failed""#) == true, "\(told)")
        #expect(told.first?.contains("read-only") == true)
        let ledger = try await bench.reading { store in try await store.batches().reduce(0) { $0 + $1.counts.calls } }
        #expect(try bench.callsRead() == ledger)
        try await bench.end()
    }

    @Test(
        "Files that are taken away from under it stop it before another call, whatever it is busy with",
        arguments: ["rollcall.sqlite", "rollcall.sqlite.lock", ""], [Instant.sending, .nothing])
    func filesTakenAway(name: String, instant: Instant) async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "", jobs: Self.jobs.filter { $0.key == "drop" })
        try await bench.startDaemon()
        if instant == .sending {
            try bench.write(Self.file, to: "drop/inbox/a.csv")
            try await bench.pass { try await bench.batch("a-1")?.counts.calls ?? 0 > 0 }
            try await bench.settle { try #require(bench.context).traffic.status.underWay == 0 }
        }
        let calls = try bench.callsRead()
        try FileManager.default.moveItem(atPath: bench.file("var/\(name)"), toPath: bench.file("away"))
        let failure = try await bench.failureOfDaemon() as? StoreError
        #expect(failure?.message.contains("was removed while it was in use") == true)
        #expect(OperationFailure(try #require(failure)).status == .unfinished)
        #expect(try bench.callsRead() == calls)
        #expect(try bench.told().count == 1)
        try FileManager.default.moveItem(atPath: bench.file("away"), toPath: bench.file("var/\(name)"))
        let ledger = try await bench.reading { store in try await store.batches().reduce(0) { $0 + $1.counts.calls } }
        #expect(ledger == calls)
        try await bench.end()
    }

    @Test("Results of an earlier end that cannot be written again are logged, and told with the batch's end")
    func staleResults() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "",
            jobs: ["drop": "source: { path: drop, settle: 30s }\nnotify: [sh, -c, 'cat >> told.jsonl']\n"])
        try await bench.startDaemon()
        try bench.write("id,account_id,email\nr1,a1,iia+400x1@example.com\n", to: "drop/inbox/a.csv")
        try await bench.pass { try await bench.hasResults("a-1") }
        let (context, batch) = (try #require(bench.context), try #require(try await bench.batch("a-1")))
        #expect(batch.counts.failed == 1)
        let job = try #require(context.configuration.job(named: "drop"))
        try FileManager.default.copyItem(
            atPath: context.results(of: job).folder(of: batch), toPath: bench.file("elsewhere"))
        try await context.store.addResultFolder(
            bench.file("elsewhere"), of: batch.id,
            noting: Action(
                at: bench.clock.now, batch: batch.id, name: .results, provenance: context.configuration.provenance))
        // A folder in the place of a file cannot be replaced by one, whoever asks.
        try FileManager.default.removeItem(atPath: bench.file("elsewhere/results.csv"))
        try FileManager.default.createDirectory(
            atPath: bench.file("elsewhere/results.csv/in-the-way"), withIntermediateDirectories: true)
        #expect(try await context.store.requeue(batch.id, RequeueSelection(statuses: [.failed])) == 1)
        context.batchWakeSignal.wakeUp()
        try await bench.pass {
            guard let now = try await bench.batch("a-1"), now.counts.succeeded == 1 else { return false }
            return try await context.store.hasResults(now.id)
        }
        #expect(bench.count(ofLogged: "results of an earlier end could not be written again") == 1)
        try await bench.settle { try bench.told().count == 2 }
        #expect(try bench.told().last?.contains("elsewhere") == true)
        try await bench.end()
    }
}

extension RecordStore {
    /// Lets every write fail from now on, as a file system that has become read-only does.
    func refuseWrites() throws {
        try writeWaiting { try $0.database.execute(sql: "PRAGMA query_only = ON") }
    }
}
