import Basics
import Foundation
import JobRunner
import RecordStore
import TestSupport
import Testing

@testable import Operations

/// What a drop folder says to the person who dropped a file, and what that person can do.
@Suite("The drop folder speaks to whoever dropped the file")
struct FolderTextsTests {
    private static let start: WallTime = 1_772_449_200_000
    private static let minute: Int64 = 60_000
    private static let intervals = DaemonContext.PollingIntervals(
        poll: .seconds(60), folders: .seconds(5), statusWriter: .seconds(1), maintenance: .seconds(3_600))
    private static let waitingFile = """
        account_id,email
        w1,w1@example.com
        w2,b
        w3,
        w4,c
        w5,w5@example.com

        """

    private func bench(_ job: String = "source: { path: drop, settle: 5s }\n") async throws -> DaemonBench {
        try await DaemonBench(at: Self.start, settings: "", jobs: ["drop": job], intervals: Self.intervals)
    }

    private func batches(_ bench: DaemonBench) async throws -> [Batch] {
        try await bench.reading { try await $0.batches() }
    }

    private func text(_ bench: DaemonBench, _ name: String) -> String {
        // Before there is a text, and after, nothing is said.
        (try? String(contentsOfFile: bench.file("drop/inbox/\(name).status.txt"), encoding: .utf8)) ?? ""
    }

    private func remove(_ bench: DaemonBench, _ name: String) throws {
        try FileManager.default.removeItem(atPath: bench.file(name))
    }

    private func passUntilWaiting(_ bench: DaemonBench) async throws {
        try bench.write(Self.waitingFile, to: "drop/inbox/acc.csv")
        try await bench.pass { text(bench, "acc.csv").contains("To withdraw it: delete acc.csv here,") }
    }

    private func passUntilConcluded(_ bench: DaemonBench, batches count: Int) async throws {
        try await bench.pass {
            try await bench.reading { store in
                let (batches, pending) = (try await store.batches(), try await store.pendingBatches())
                let claimed = try await store.claimedFiles(of: "drop")
                return batches.count == count && pending.isEmpty && claimed.isEmpty
            }
        }
    }

    @Test("A file is told that it was seen while it settles, and is withdrawn by taking it away")
    func settling() async throws {
        let bench = try await bench("source: { path: drop, settle: 90s }\n")
        try await bench.startDaemon()
        try bench.write(Self.waitingFile, to: "drop/inbox/acc.csv")
        try await bench.settle { text(bench, "acc.csv").contains("acc.csv: seen, waiting until it is whole") }
        #expect(text(bench, "acc.csv").contains("once nobody has written to it for 1 min 30 s"))
        try remove(bench, "drop/inbox/acc.csv")
        try await bench.settle { text(bench, "acc.csv").isEmpty }
        try await bench.pass(to: bench.clock.now + 10 * Self.minute)
        #expect(try await batches(bench).isEmpty)
        try await bench.end()
    }

    @Test("A file of a job that is due later is told when")
    func scheduled() async throws {
        let bench = try await bench("schedule: \"0 12 * * *\"\nsource: { path: drop, settle: 5s }\n")
        try await bench.startDaemon()
        try bench.write("account_id,email\nw1,w1@example.com\n", to: "drop/inbox/acc.csv")
        try await bench.pass { text(bench, "acc.csv").contains("It is taken in at 2026-03-02 12:00") }
        #expect(try await batches(bench).isEmpty)
        try await bench.pass { try await batches(bench).first?.state == .completed }
        #expect(bench.clock.now >= Self.start + 60 * Self.minute)
        try await bench.end()
    }

    @Test("Bad lines are told and given back at once; taken away the file is withdrawn, mended it is taken in")
    func withdrawn() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try await passUntilWaiting(bench)
        let said = text(bench, "acc.csv")
        #expect(said.contains("3 of 5 lines are invalid"))
        #expect(said.contains("- 2 lines (3, 5): email (user.email) must be 3 to 254 characters"))
        #expect(said.contains("- 1 line (4): "))
        #expect(said.contains("'rollcall start acc-1'"))
        let folder = try #require(try bench.names(in: "drop/out").first)
        #expect(said.contains("out/\(folder)/failed.csv"))
        #expect(try bench.names(in: "drop/out/\(folder)") == ["failed.csv"])
        #expect(try bench.names(in: "drop/inbox") == ["acc.csv", "acc.csv.status.txt"])
        try remove(bench, "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 1)
        let batch = try #require(try await batches(bench).first)
        #expect(batch.state == .cancelled && batch.reason == "withdrawn: its file was taken out of the inbox")
        #expect(try bench.names(in: "drop/inbox").isEmpty)
        #expect(try bench.names(in: "drop/out/\(folder)").contains("cancelled.csv"))
        let mended = Self.waitingFile.replacing("w2,b\n", with: "w2,b@example.com\n")
            .replacing("w3,\n", with: "w3,d@example.com\n").replacing("w4,c\n", with: "w4,c@example.com\n")
        try bench.write(mended, to: "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 2)
        #expect(try await batches(bench).map(\.counts.succeeded) == [0, 5])
        #expect(try bench.callsRead() == 5)
        #expect(try bench.names(in: "drop/archive") == ["acc.csv"])
        try await bench.end()
    }

    @Test("Once somebody agrees the file leaves the inbox with its batch, also over a restart")
    func agreed() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try await passUntilWaiting(bench)
        try await bench.stopDaemon()
        try await bench.startDaemon()
        try await bench.pass(to: bench.clock.now + 5 * Self.minute)
        #expect(try await batches(bench).map(\.state) == [.awaitingConfirmation])
        #expect(try bench.names(in: "drop/rejected").isEmpty)
        try await bench.operate(.start, "acc-1")
        try await passUntilConcluded(bench, batches: 1)
        #expect(try await batches(bench).map(\.counts.succeeded) == [2])
        #expect(try bench.names(in: "drop/inbox").isEmpty)
        #expect(try bench.names(in: "drop/archive") == ["acc.csv"])
        try await bench.pass(to: bench.clock.now + 5 * Self.minute)
        #expect(try await batches(bench).count == 1)
        try await bench.end()
    }

    @Test("A file that was taken away while no daemon ran is withdrawn, too")
    func withdrawnMeanwhile() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try await passUntilWaiting(bench)
        try await bench.stopDaemon()
        try remove(bench, "drop/inbox/acc.csv")
        try await bench.startDaemon()
        try await passUntilConcluded(bench, batches: 1)
        #expect(try await batches(bench).map(\.state) == [.cancelled])
        try await bench.end()
    }

    @Test("A corrected file put in the place of one that waits withdraws it: nothing in both is paid for twice")
    func replaced() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try await passUntilWaiting(bench)
        let mended = Self.waitingFile.replacing("w2,b\n", with: "w2,b@example.com\n")
            .replacing("w3,\n", with: "w3,d@example.com\n").replacing("w4,c\n", with: "w4,c@example.com\n")
        try bench.write(mended, to: "drop/inbox/acc.csv")
        try await bench.pass { text(bench, "acc.csv").contains("Once it is whole the first one is withdrawn") }
        try await passUntilConcluded(bench, batches: 2)
        let (first, second) = (try await batches(bench)[0], try await batches(bench)[1])
        #expect(first.state == .cancelled && first.reason == "withdrawn: another file was put in its place")
        #expect(first.counts.calls == 0 && second.counts.succeeded == 5)
        #expect(try bench.callsRead() == 5)
        #expect(try bench.names(in: "drop/archive") == ["acc.csv"])
        #expect(try bench.names(in: "drop/inbox").isEmpty)
        try await bench.end()
    }

    @Test("Once somebody has agreed, a file put in its place waits for its turn")
    func replacedTooLate() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try await passUntilWaiting(bench)
        try await bench.operate(.start, "acc-1")
        try bench.write("account_id,email\nx1,x1@example.com\n", to: "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 2)
        #expect(try await batches(bench).map(\.counts.succeeded) == [2, 1])
        try await bench.end()
    }

    @Test("A file whose lines are all invalid asks nobody to agree to no calls")
    func allInvalid() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        try bench.write("account_id,email\nw1,a\nw2,b\nw3,c\n", to: "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 1)
        #expect(try await batches(bench).map(\.state) == [.completed])
        let folder = try #require(try bench.names(in: "drop/out").first)
        #expect(try bench.names(in: "drop/out/\(folder)").contains("failed.csv"))
        try await bench.end()
    }

    @Test("The same bytes again are told where their results are, and the command that asks again works")
    func again() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        let file = "account_id,email\nw1,w1@example.com\n"
        try bench.write(file, to: "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 1)
        let folder = try #require(try bench.names(in: "drop/out").first)
        try bench.write(file, to: "drop/inbox/once more.csv")
        try await bench.pass { text(bench, "once more.csv").contains("refused") }
        let said = text(bench, "once more.csv")
        #expect(said.contains("as acc-1 (acc.csv), which is completed: its results are in out/\(folder)"))
        let path = bench.file("drop/rejected/once more.csv")
        #expect(said.contains("\(Hint.submit(file: path, job: "drop", again: true))"), "\(said)")
        let submission = SubmitOperation(
            RunRequest(files: [path], config: bench.file("rollcall.yaml"), job: "drop", again: true), console: .silent)
        #expect(try await submission.perform() == .succeeded)
        try await passUntilConcluded(bench, batches: 2)
        #expect(try bench.callsRead() == 2)
        try await bench.end()
    }

    @Test("The same bytes again, after the batch was purged, are told so, and nothing is sent")
    func againAfterAPurge() async throws {
        let bench = try await bench()
        try await bench.startDaemon()
        let file = "account_id,email\nw1,w1@example.com\n"
        try bench.write(file, to: "drop/inbox/acc.csv")
        try await passUntilConcluded(bench, batches: 1)
        let purged = try await bench.place.purge(batch: "acc-1", yes: true)
        #expect(purged.status == .succeeded, "\(purged.errors)")
        #expect(try bench.names(in: "drop/archive").isEmpty && bench.names(in: "drop/out").isEmpty)
        try bench.write(file, to: "drop/inbox/once more.csv")
        try await bench.pass { text(bench, "once more.csv").contains("refused") }
        let said = text(bench, "once more.csv")
        #expect(said.contains("which was completed, and what is personal of it erased since"), "\(said)")
        #expect(!said.contains("its results are in"), "\(said)")
        #expect(try bench.callsRead() == 1)
        try await bench.end()
    }
}
