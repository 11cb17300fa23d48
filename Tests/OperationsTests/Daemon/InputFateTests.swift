import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// What becomes of input files that change, vanish or come again while they are worked on.
@Suite("Input files that change, vanish or come again")
struct InputFateTests {
    private static let start: WallTime = 1_772_449_200_000
    private static let minute: Int64 = 60_000
    private static let slow = "limits: { rate: 1 }\n"

    private static func lines(_ name: String, _ range: ClosedRange<Int>) -> String {
        range.map { "\(name)-\($0),acc-\(name)-\($0),\(name).\($0)@example.com\n" }.joined()
    }

    private static func file(_ name: String, lines count: Int) -> String {
        "id,account_id,email\n" + lines(name, 1...count)
    }

    private static func glob(_ rest: String) -> [String: String] {
        ["each": "schedule: \"*/10 * * * *\"\nsource: { glob: incoming/*.csv, settle: 0s\(rest)"]
    }

    private func batches(_ bench: DaemonBench) async throws -> [Batch] {
        try await bench.reading { try await $0.batches() }
    }

    private func passUntilDone(_ bench: DaemonBench, files: Int) async throws {
        try await bench.pass {
            try await bench.reading { store in
                guard try await store.batches().count == files else { return false }
                return try await store.pendingBatches().isEmpty
            }
        }
    }

    @Test("A file that takes the place of one under way is not put away unread", arguments: ["delete", "archive"])
    func replaced(_ after: String) async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: Self.slow, jobs: Self.glob(" }\nafter: \(after)\n"))
        try bench.write(Self.file("one", lines: 20), to: "incoming/daily.csv")
        try await bench.startDaemon()
        try await bench.pass { try await batches(bench).first?.counts.calls ?? 0 > 2 }
        try bench.write(Self.file("two", lines: 3), to: "incoming/daily.csv")
        try await passUntilDone(bench, files: 2)
        #expect(try await batches(bench).map(\.counts.succeeded).sorted() == [3, 20])
        #expect(try !bench.names(in: "incoming").contains("daily.csv"))
        #expect(try bench.callsRead() == 23)
        try await bench.end()
    }

    @Test("A marker speaks for one file only")
    func markerOfBefore() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "", jobs: Self.glob(", done_marker: true }\nafter: archive\n"))
        try bench.write(Self.file("one", lines: 2), to: "incoming/a.csv")
        try bench.write("", to: "incoming/a.csv.done")
        try await bench.startDaemon()
        try await passUntilDone(bench, files: 1)
        #expect(try bench.names(in: "incoming") == ["archive"])
        try bench.write("", to: "incoming/b.csv.done")
        try bench.write(Self.file("two", lines: 2), to: "incoming/a.csv")
        try bench.write(Self.file("three", lines: 2), to: "incoming/b.csv")
        let old = Date(timeIntervalSinceNow: -60)
        try FileManager.default.setAttributes(
            [.modificationDate: old], ofItemAtPath: bench.file("incoming/b.csv.done"))
        try await bench.pass(to: bench.clock.now + 25 * Self.minute)
        #expect(try await batches(bench).count == 1)
        try await bench.end()
    }

    @Test("A file of a pattern that was answered before goes where its own batch had sent it")
    func known() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "", jobs: Self.glob(" }\nafter: archive\n"))
        try bench.write(Self.file("one", lines: 2), to: "incoming/a.csv")
        try await bench.startDaemon()
        try await passUntilDone(bench, files: 1)
        try bench.write(Self.file("one", lines: 2), to: "incoming/again.csv")
        try await bench.pass { try bench.names(in: "incoming") == ["archive"] }
        #expect(try bench.names(in: "incoming/archive") == ["a.csv", "again.csv"])
        #expect(try bench.callsRead() == 2)
        try await bench.end()
    }

    @Test("What a writer adds after its file was taken is not archived as answered")
    func grown() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: Self.slow, jobs: ["drop": "source: { path: drop, settle: 5s }\n"])
        try bench.write(Self.file("one", lines: 10), to: "drop/inbox/slow.csv")
        let writer = try FileHandle(forWritingTo: URL(filePath: bench.file("drop/inbox/slow.csv")))
        try await bench.startDaemon()
        try await bench.pass { try await batches(bench).first?.counts.calls ?? 0 > 2 }
        try writer.seekToEnd()
        try writer.write(contentsOf: Data(Self.lines("one", 11...20).utf8))
        try writer.close()
        try await passUntilDone(bench, files: 1)
        #expect(try await batches(bench).first?.counts.succeeded == 10)
        #expect(try bench.names(in: "drop/rejected") == ["slow.csv", "slow.csv.error.txt"])
        #expect(try bench.names(in: "drop/archive").isEmpty)
        let text = try String(contentsOfFile: bench.file("drop/rejected/slow.csv.error.txt"), encoding: .utf8)
        #expect(text.contains("10 lines of then are answered as slow-1"))
        #expect(!text.contains("nothing was billed"))
        try await bench.end()
    }

    @Test("A batch whose file is gone before it was read is over, and does not keep its job from running")
    func vanished() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "", jobs: Self.glob(" }\nafter: archive\n"))
        try await bench.startDaemon()
        let path = bench.file("incoming/gone.csv")
        let claim = ClaimedFile(path: path, job: "each", name: "gone.csv", claimedAt: bench.clock.now)
        _ = try await bench.context?.store.createBatch(try halfRead(bench, "gone.csv"), claimedFile: claim)
        try await bench.stopDaemon()
        try bench.write(Self.file("one", lines: 2), to: "incoming/a.csv")
        try await bench.startDaemon()
        try await passUntilDone(bench, files: 2)
        #expect(try await batches(bench).map(\.state).sorted { $0.rawValue < $1.rawValue } == [.completed, .rejected])
        try await bench.end()
    }

    @Test("A batch that another process was taking in does not keep its job from running")
    func orphaned() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "", jobs: Self.glob(" }\nafter: archive\n"))
        try await bench.startDaemon()
        _ = try await bench.context?.store.createBatch(try halfRead(bench, "submitted.csv"))
        try bench.write(Self.file("one", lines: 2), to: "incoming/a.csv")
        try await bench.pass { try await batches(bench).contains { $0.state == .completed } }
        #expect(try await batches(bench).map(\.state).sorted { $0.rawValue < $1.rawValue } == [.completed, .ingesting])
        try await bench.end()
    }

    private func halfRead(_ bench: DaemonBench, _ name: String) throws -> NewBatch {
        let context = try #require(bench.context)
        try bench.write(Self.file("half", lines: 9), to: "half.csv")
        let file = try InputFile.open(path: bench.file("half.csv")).examine()
        return NewBatch(
            job: "each", fileName: name, contentDigest: file.contentDigest, format: .csv,
            layout: try file.file.layout.encoded(), provenance: context.configuration.provenance)
    }

    @Test("While its job is away a batch that is over keeps its file and its results for it")
    func jobAway() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: Self.slow, jobs: ["drop": "source: { path: drop, settle: 5s }\n"])
        try bench.write(Self.file("one", lines: 10), to: "drop/inbox/a.csv")
        try await bench.startDaemon()
        try await bench.pass { try await batches(bench).first?.counts.calls ?? 0 > 2 }
        let (job, aside) = (bench.file("jobs/drop.yaml"), bench.file("aside.yaml"))
        try FileManager.default.moveItem(atPath: job, toPath: aside)
        try await bench.reloadDaemon()
        try await bench.pass { try await batches(bench).first?.state == .paused }
        #expect(try await batches(bench).first?.reason?.contains("its job 'drop' is not there") == true)
        let cancel = BatchCommandOperation(
            .cancel, batch: "a-1", config: bench.file("rollcall.yaml"), json: false, console: .silent)
        #expect(try await cancel.perform() == .succeeded)
        try await bench.pass(to: bench.clock.now + 5 * Self.minute)
        #expect(try bench.names(in: "drop/working") == ["a.csv"])
        try FileManager.default.moveItem(atPath: aside, toPath: job)
        try await bench.reloadDaemon()
        try await passUntilDone(bench, files: 1)
        #expect(try bench.names(in: "drop/archive") == ["a.csv"])
        #expect(try bench.names(in: "drop/out").count == 1)
        try await bench.end()
    }

    @Test("The inbox says which files wait, and for what")
    func waiting() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: Self.slow,
            jobs: ["drop": "source: { path: drop, settle: 5s, done_marker: true }\n"],
            intervals: DaemonContext.PollingIntervals(
                poll: .seconds(60), folders: .seconds(5), statusWriter: .seconds(1), maintenance: .seconds(3_600)))
        try await bench.startDaemon()
        try bench.write(Self.file("one", lines: 200), to: "drop/inbox/a.csv")
        try bench.write(Self.file("two", lines: 2), to: "drop/inbox/b.csv")
        try bench.write(Self.file("odd", lines: 2), to: "drop/inbox/bad\u{1B}name.csv")
        let texts = ["_not-taken.status.txt", "a.csv.status.txt", "b.csv.status.txt"]
        try await bench.pass { try bench.names(in: "drop/inbox").filter { $0.hasSuffix(".status.txt") } == texts }
        #expect(try text(bench, "a.csv").contains("waiting for its marker"))
        try FileManager.default.removeItem(atPath: bench.file("drop/inbox/b.csv"))
        try bench.write("", to: "drop/inbox/a.csv.done")
        try await bench.pass { try text(bench, "a.csv").contains("running") }
        #expect(try !bench.names(in: "drop/inbox").contains("b.csv.status.txt"))
        try bench.write(Self.file("three", lines: 2), to: "drop/inbox/a.csv")
        try await bench.pass { try text(bench, "a.csv").contains("Another file of this name waits") }
        try await bench.end()
    }

    private func text(_ bench: DaemonBench, _ name: String) throws -> String {
        let path = bench.file("drop/inbox/\(name).status.txt")
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
