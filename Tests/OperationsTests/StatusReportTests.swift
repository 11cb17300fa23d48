import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("What status prints for scripts")
struct StatusReportTests {
    private static func status(_ gate: RunnerStatus.Gate) -> RunnerStatus {
        RunnerStatus(
            process: 7, host: "h", version: "1", isDaemon: true, jobs: 3, startedAt: 0, loadedAt: 60_000,
            updatedAt: 0, gate: gate, allowedRate: 20)
    }

    private static let open =
        #"{"allowed_rate":20,"gate":"open","jobs":3,"kind":"daemon","loaded_at":"1970-01-01T00:01:00.000Z","#
        + #""probes":0,"process":7,"since":"1970-01-01T00:00:00.000Z","version":"1"}"#
    private static let closed =
        #"{"allowed_rate":20,"gate":"closed","gate_since":"1970-01-01T00:00:01.000Z","jobs":3,"kind":"daemon","#
        + #""loaded_at":"1970-01-01T00:01:00.000Z","next_probe_at":"1970-01-01T00:00:02.000Z","probes":4,"process":7,"#
        + #""reason":"out of reach","since":"1970-01-01T00:00:00.000Z","version":"1"}"#
    private static let halted =
        #"{"allowed_rate":20,"gate":"halted","gate_since":"1970-01-01T00:00:01.000Z","jobs":3,"kind":"daemon","#
        + #""loaded_at":"1970-01-01T00:01:00.000Z","process":7,"reason":"keys","#
        + #""since":"1970-01-01T00:00:00.000Z","version":"1"}"#

    @Test(
        "It says who runs the database and how the gate stands",
        arguments: [
            (.nobody, .open, "null"), (.run(9), .open, #"{"kind":"run","process":9}"#), (.daemon(7), .open, open),
            (.daemon(7), .closed(reason: "out of reach", since: 1_000, nextProbeAt: 2_000, probes: 4), closed),
            (.daemon(7), .halted(reason: "keys", since: 1_000), halted),
        ] as [(Installation.Runner, RunnerStatus.Gate, String)])
    func runner(runner: Installation.Runner, gate: RunnerStatus.Gate, json: String) {
        let report = StatusReport(
            runner: RunnerReport(runner, Self.status(gate), .normal), restore: nil, batches: [])
        #expect(JSONText.text(of: report) == #"{"batches":[],"restore":null,"runner":\#(json)}"#)
    }

    @Test("A run says for itself whether calls may be made; what an earlier process said is not its own")
    func ownGate() {
        var status = Self.status(.open)
        (status.isDaemon, status.closedUntil, status.jobs) = (false, 12_000, 0)
        let report = RunnerReport(.run(7), status, .normal)
        #expect(report?.gate == "open" && report?.noCallsUntil == "1970-01-01T00:00:12.000Z" && report?.jobs == nil)
        let text = RunnerLine.text(of: .run(7), status, .normal, now: Date(timeIntervalSince1970: 1))
        #expect(text?.contains("no calls until 1970-01-01 00:00:12 UTC (Retry-After)") == true)
        #expect(RunnerReport(.run(9), status, .normal)?.noCallsUntil == nil)
        let over = RunnerLine.text(of: .run(7), status, .normal, now: Date(timeIntervalSince1970: 13))
        #expect(over?.contains("no calls") == false)
    }

    @Test("The reason of a halt, which is a sentence, continues as one")
    func haltedText() {
        let text = RunnerLine.text(of: .daemon(7), Self.status(.halted(reason: "Keys differ.", since: 1_000)), .normal)
        #expect(text?.contains("Keys differ; fix it, then resume what is halted") == true)
    }

    @Test("It says since when the disk is full, of a daemon and of a run; of nobody's disk nothing is known")
    func fullDisk() {
        let full = StorageCondition.full(since: 1_000)
        #expect(RunnerReport(.run(9), nil, full)?.diskFullSince == "1970-01-01T00:00:01.000Z")
        #expect(RunnerReport(.daemon(7), Self.status(.open), full)?.diskFullSince == "1970-01-01T00:00:01.000Z")
        for runner in [Installation.Runner.run(9), .daemon(7)] {
            let text = RunnerLine.text(of: runner, Self.status(.open), full)
            #expect(text?.contains("the disk that holds the database is full; make room on it") == true)
        }
        #expect(RunnerLine.text(of: .run(9), nil, .normal)?.contains("disk") == false)
        #expect(RunnerReport(.nobody, nil, full) == nil)
    }
}
