import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("The tasks of jobs")
struct JobSupervisorTests {
    @Test("A folder that cannot be used is tried again until it can")
    func folderComesBack() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "", jobs: ["drop": "source: { path: drop, settle: 30s }\n"])
        try FileManager.default.removeItem(atPath: bench.file("drop"))
        try bench.write("not a folder", to: "drop")
        try await bench.startDaemon()
        try await bench.pass(to: bench.clock.now + 3 * 3_600_000)
        try FileManager.default.removeItem(atPath: bench.file("drop"))
        try FileManager.default.createDirectory(
            atPath: bench.file("drop/inbox"), withIntermediateDirectories: true)
        try bench.write("id,account_id,email\na,acc-a,ada@example.com\n", to: "drop/inbox/a.csv")
        try await bench.pass { try await bench.reading { try await $0.batches().map(\.state) } == [.completed] }
        try await bench.end()
    }
}
