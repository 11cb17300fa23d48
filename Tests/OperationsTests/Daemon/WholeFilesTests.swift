import Basics
import Foundation
import Logging
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// Files that are not whole yet when somebody looks at them.
@Suite("Files taken only once they are whole")
struct WholeFilesTests {
    /// Monday, 2 March 2026, 11:00 UTC.
    private static let start: WallTime = 1_772_449_200_000
    private static let minute: Int64 = 60_000
    private static let night = "schedule: \"*/10 * * * *\"\n"
    private static let header = "account_id,email\n"

    private static func line(_ number: Int) -> String { "gs\(number),gs\(number)@example.com\n" }

    /// Writes on as a program does whose writes all seem to be of one time.
    private func append(_ text: String, to path: String, at time: Date) throws {
        if !FileManager.default.fileExists(atPath: path) {
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
        }
        let before = try changed(path)
        repeat {
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data((try changed(path) == before ? text : "").utf8))
            try file.close()
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
        } while try changed(path) == before
    }

    private func changed(_ path: String) throws -> FileTime {
        var facts = stat()
        try #require(lstat(path, &facts) == 0)
        return FileIdentity(facts).changedAt
    }

    private func batches(_ bench: DaemonBench) async throws -> [Batch] {
        try await bench.reading { try await $0.batches() }
    }

    @Test(
        "A file that a pattern names is looked at twice, whatever time its writer, or its server's clock, gives it",
        arguments: [-86_400.0, 120.0])
    func pattern(offset: Double) async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "",
            jobs: ["night": Self.night + "source: { glob: incoming/*.csv, settle: 30s }\nafter: archive\n"])
        let (path, time) = (bench.file("incoming/export.csv"), Date(timeIntervalSinceNow: offset))
        try await bench.startDaemon()
        try append(Self.header + (1...9).map(Self.line).joined(), to: path, at: time)
        try await bench.pass(to: Self.start + 10 * Self.minute)
        await bench.clock.untilSomeoneSleeps(until: 630_000_000_000)
        try append((10...40).map(Self.line).joined(), to: path, at: time)
        try await bench.pass(to: Self.start + 12 * Self.minute)
        let left = "files are left for the next time: they are still being written"
        #expect(bench.count(ofLogged: left) == 1)
        #expect(try await batches(bench).isEmpty)
        try await bench.pass { try await batches(bench).first?.state == .completed }
        try await bench.pass { try bench.names(in: "incoming") == ["archive"] }
        #expect(try await batches(bench).map(\.counts.succeeded) == [40])
        #expect(try bench.callsRead() == 40)
        #expect(bench.count(ofLogged: left) == 1)
        try await bench.end()
    }

    @Test("What a pattern names and is no whole file is told")
    func skippedFiles() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "",
            jobs: ["night": Self.night + "source: { glob: \"incoming/*\", done_marker: true, settle: 0s }\n"])
        try bench.write(Self.header + Self.line(1), to: "incoming/a.csv.filepart")
        try bench.write(Self.header + Self.line(1), to: "incoming/b.csv")
        try await bench.startDaemon()
        try await bench.pass { bench.count(ofLogged: "left alone") > 0 }
        let told = try #require(bench.lines.all.first { $0.message == "left alone" })
        let file = "incoming/a.csv.filepart (unfinished by its name, .filepart)"
        #expect("\(told.metadata["files"] ?? "")".hasSuffix(file))
        #expect(
            bench.count(ofLogged: "files are left for the next time: no marker made after them lies beside them") > 0)
        #expect(try await batches(bench).isEmpty)
        try await bench.end()
    }

    @Test("An upload that stands still under an unfinished name is told, and taken once it has its own")
    func filepart() async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: "", jobs: ["drop": "source: { path: drop, settle: 2s }\n"],
            intervals: DaemonContext.PollingIntervals(
                poll: .seconds(60), folders: .seconds(5), statusWriter: .seconds(1), maintenance: .seconds(3_600)))
        try await bench.startDaemon()
        let part = "drop/inbox/acc.csv.filepart"
        try bench.write(Self.header + (1...3).map(Self.line).joined(), to: part)
        try FileManager.default.createDirectory(
            atPath: bench.file("drop/inbox/folder"), withIntermediateDirectories: false)
        let text = bench.file("drop/inbox/_not-taken.status.txt")
        try await bench.pass {
            (try? String(contentsOfFile: text, encoding: .utf8))?.contains("- folder (a folder)") == true
        }
        #expect(try String(contentsOfFile: text, encoding: .utf8).contains("- acc.csv.filepart (unfinished by"))
        #expect(bench.count(ofLogged: "left alone in the inbox") > 0)
        try await bench.pass(to: bench.clock.now + Self.minute)
        #expect(try await batches(bench).isEmpty)
        try bench.write(Self.header + (1...6).map(Self.line).joined(), to: part)
        try FileManager.default.moveItem(atPath: bench.file(part), toPath: bench.file("drop/inbox/acc.csv"))
        try await bench.pass { try await batches(bench).first?.state == .completed }
        #expect(try bench.callsRead() == 6)
        try await bench.pass { try String(contentsOfFile: text, encoding: .utf8).contains("filepart") == false }
        try await bench.end()
    }
}
