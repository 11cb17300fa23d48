import Basics
import Foundation
import JobRunner
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("Whether the daemon's parts report in time", .timeLimit(.minutes(15)))
struct AttendanceTests {
    /// A time, who is late then, and who of these is vital.
    @Test(
        arguments: [
            (10, [], []), (11, ["a"], ["a"]), (20, ["a"], ["a"]), (21, ["a", "files"], ["a"]),
            (31, ["a", "b", "files"], ["a", "b"]),
        ] as [(MonotonicTime, [String], [String])])
    func overdue(now: MonotonicTime, late: [String], vital: [String]) {
        let attendance = Attendance(clock: HeldClock())
        attendance.expect("b", by: 30, isVital: true)
        attendance.expect("a", by: 10, isVital: true)
        attendance.expect("files", by: 20, isVital: false)
        attendance.expect("left", by: 1, isVital: true)
        attendance.leave("left")
        #expect(attendance.overdue(at: now, vitalOnly: false) == late)
        #expect(attendance.overdue(at: now, vitalOnly: true) == vital)
    }

    @Test("After what kept all of them nobody is late, and nobody is expected earlier than he said")
    func excuse() {
        let attendance = Attendance(clock: HeldClock())
        attendance.expect("a", by: 10, isVital: true)
        attendance.expect("b", by: 100, isVital: true)
        attendance.excuse(until: 50)
        #expect(attendance.deadlines == ["a": 50, "b": 100])
    }

    @Test(
        "Every part of a daemon shows up again and again; one that does not is told, and the daemon is no longer at work"
    )
    func parts() async throws {
        let bench = try await DaemonBench(
            at: 1_772_000_000_000, settings: "",
            jobs: [
                "drop": "source: { path: drop, settle: 30s }\n",
                "nightly": "schedule: \"0 3 * * *\"\nsource: { glob: incoming/*.csv, settle: 30s }\n",
            ])
        try await bench.startDaemon()
        let context = try #require(bench.context)
        let parts = [
            "batches", "drop folder of drop", "key reminders", "maintenance", "retention", "runner status",
            "schedule of nightly",
        ]
        try await bench.settle { context.attendance.deadlines.keys.sorted() == parts }
        let first = context.attendance.deadlines
        try await bench.pass {
            let now = context.attendance.deadlines
            return parts.allSatisfy { part in now[part].map { $0 > first[part] ?? 0 } ?? false }
        }
        context.attendance.expect("stuck", by: 0, isVital: true)
        #expect(context.attendance.overdue(vitalOnly: true) == ["stuck"])
        try await bench.pass { bench.count(ofLogged: Self.late) > 0 }
        context.attendance.leave("stuck")
        try await bench.end()
    }

    private static let late =
        "a part of the daemon has not come back in time; the disk or share it works with may not answer"
}
