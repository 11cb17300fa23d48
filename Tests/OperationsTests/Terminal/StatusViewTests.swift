import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("What status shows for people")
struct StatusViewTests {
    private static func row(
        _ name: String, _ state: BatchState, job: String = "run", isStopped: Bool = false, toCall: Int = 0,
        rate: Double? = nil
    ) -> BatchTable.Row {
        var counts = BatchCounts()
        (counts.total, counts.succeeded, counts.failed, counts.inDoubt) = (1_200, 1_174 - toCall, 21, 5)
        counts.queued = toCall
        let batch = batch(name, state, job: job, counts)
        let rest = toCall > 0 ? BatchOutlook.Rest(calls: toCall, rate: 20) : nil
        return BatchTable.Row(
            batch: batch, isStopped: isStopped, rest: rest,
            cost: .known(currency: "USD", certain: 117.4, atMost: 117.4), measuredRate: rate)
    }

    private static func batch(_ name: String, _ state: BatchState, job: String, _ counts: BatchCounts) -> Batch {
        Batch(
            id: BatchID(rawValue: 1), name: name, job: job, fileName: "day.csv", contentDigest: [], format: .csv,
            state: state, reason: nil, isIngested: true, checkpoint: .start,
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: 1_795_459_205_000, ingestedAt: 0, startedAt: nil, finishedAt: nil, purged: PurgeTimes(),
            reuses: true, cardLikeIDs: 0, doubtedLines: 0, counts: counts)
    }

    private static let rows = [
        row("accounts-of-the-northern-branches-2026-11-22-16", .completed),
        row("night-17", .running, toCall: 600, rate: 10), row("night-18", .running, isStopped: true, toCall: 100),
    ]

    private static func table(_ width: Int?) -> [String] {
        let view = StatusView(runner: nil, hold: nil, batches: .table(rows, hidden: 0))
        return view.lines(fitting: width).map(\.plain)
    }

    @Test("In a file the table has all it has to say; in 80 and 40 columns what matters most, and no column of zeros")
    func widths() {
        let whole = Self.table(nil)
        #expect(
            whole[0].split(separator: " ", omittingEmptySubsequences: true) == [
                "BATCH", "STATE", "DONE", "FAILED", "INVALID", "IN", "DOUBT", "ETA", "RATE", "COST", "CREATED",
            ])
        #expect(
            whole[2].split(separator: " ") == [
                "night-17", "running", "600/1,200", "21", "0", "5", "1m", "10/s", "USD", "117.40", "2026-11-23",
                "18:40:05", "UTC",
            ])
        #expect(
            Self.table(80) == [
                "BATCH           STATE             DONE  FAILED  IN DOUBT  ETA  RATE        COST",
                "…2026-11-22-16  completed  1,200/1,200      21         5    -     -  USD 117.40",
                "night-17        running      600/1,200      21         5   1m  10/s  USD 117.40",
                "night-18        stopped    1,100/1,200      21         5    -     -  USD 117.40",
            ])
        #expect(
            Self.table(40) == [
                "BATCH            STATE             DONE", "…-2026-11-22-16  completed  1,200/1,200",
                "night-17         running      600/1,200", "night-18         stopped    1,100/1,200",
            ])
    }

    @Test("No line reaches the last column, and no batch is left out, however narrow the terminal")
    func neverWraps() {
        for width in 10...200 {
            let lines = Self.table(width)
            #expect(lines.count == 4 && lines.allSatisfy { $0.count < width }, "\(width): \(lines)")
        }
    }

    @Test("A screen is filled, its last line says how it is left; what there is no room for is counted")
    func screen() {
        let view = StatusView(runner: "daemon: process 7", hold: nil, batches: .table(Self.rows, hidden: 9))
        let tall = view.screen(TerminalOutput.Size(columns: 80, rows: 12), at: 1_795_459_205_000).map(\.plain)
        #expect(tall.count == 12 && tall.first == "daemon: process 7" && tall[5] == "and 9 more batches")
        #expect(tall.last == "q leaves; 2026-11-23 18:40:05 UTC")
        let low = view.screen(TerminalOutput.Size(columns: 80, rows: 5), at: 1_795_459_205_000).map(\.plain)
        #expect(low.count == 5 && low[3] == "and 11 more batches", "\(low)")
    }

    @Test(
        "Whatever stands above them, the batches that are not shown are counted, each once",
        arguments: 4...14, [1, 2, 5])
    func counted(rows: Int, notices: Int) throws {
        let above = (1...notices).map { "notice \($0)" }.joined(separator: "\n")
        let batches = (1...8).map { Self.row("night-\($0)", .completed) }
        let view = StatusView(runner: above, hold: nil, batches: .table(batches, hidden: 2))
        let lines = view.screen(TerminalOutput.Size(columns: 80, rows: rows), at: 0).map(\.plain)
        #expect(lines.count == rows)
        // Header, one batch and the count need three rows, the help one.
        guard rows >= notices + 4 else { return }
        let shown = lines.count { $0.hasPrefix("night-") }
        #expect(lines.contains("and \(10 - shown) more batches"), "\(lines)")
        #expect(shown == min(8, rows - notices - 3))
    }

    @Test(
        "Only what moves has a time to go, and a rate only where one was measured",
        arguments: [
            (.running, false, false, nil, "30s", "-"), (.running, false, false, 10, "1m", "10/s"),
            (.running, true, false, 10, "-", "-"), (.running, false, true, 10, "-", "-"),
            (.halted, false, false, nil, "-", "-"), (.paused, false, false, nil, "-", "-"),
            (.awaitingConfirmation, false, false, nil, "-", "-"),
        ] as [(BatchState, Bool, Bool, Double?, String, String)])
    func moving(state: BatchState, isStopped: Bool, isWaiting: Bool, rate: Double?, left: String, shown: String) {
        var row = Self.row("night-1", state, isStopped: isStopped, toCall: 600, rate: rate)
        row.isWaiting = isWaiting
        // A second one keeps both columns there.
        let other = Self.row("night-2", .running, toCall: 600, rate: 20)
        let lines = BatchTable([row, other]).lines(fitting: nil).map(\.plain)
        #expect(
            lines[1].split(separator: " ").dropFirst(6).prefix(2) == [Substring(left), Substring(shown)], "\(lines)")
    }

    @Test("A long reason is broken between words below itself")
    func detail() {
        let text = LabelledText([("state", "halted", nil), ("reason", "the keys of the API differ from ours", nil)])
        #expect(
            text.lines(fitting: 30).map(\.plain) == [
                "state   halted", "reason  the keys of the API", "        differ from ours",
            ])
        #expect(text.lines(fitting: nil).last?.plain == "reason  the keys of the API differ from ours")
    }

    @Test(
        "Batches are chosen by the state that is shown, by job, and the newest of them",
        arguments: [
            (nil, nil, nil, ["a", "b", "c", "d"]), ("running", nil, nil, ["b"]), ("stopped", nil, nil, ["c"]),
            ("stopped, completed", nil, nil, ["a", "c", "d"]), (nil, "night", nil, ["c", "d"]),
            ("completed", "night", nil, ["d"]), (nil, nil, 2, ["c", "d"]), ("completed", nil, 1, ["d"]),
            ("halted", nil, nil, []), (nil, nil, 9, ["a", "b", "c", "d"]),
        ] as [(String?, String?, Int?, [String])])
    func selection(states: String?, job: String?, limit: Int?, picked: [String]) throws {
        let batches = [
            Self.row("a", .completed), Self.row("b", .running), Self.row("c", .running, job: "night"),
            Self.row("d", .completed, job: "night"),
        ].map(\.batch)
        let selection = try StatusSelection(batch: nil, states: states, job: job, limit: limit)
        #expect(selection.picked(from: batches) { $0.name == "c" }.map(\.name) == picked)
    }

    @Test("A state that there is not is refused with the nearest")
    func unknownState() {
        let failure = #expect(throws: OperationFailure.self) {
            try StatusSelection(batch: nil, states: "completed,runing", job: nil, limit: nil)
        }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("there is no state 'runing'; did you mean 'running'? The states") == true)
        let other = #expect(throws: OperationFailure.self) {
            try StatusSelection(batch: nil, states: "zzzz", job: nil, limit: nil)
        }
        #expect(other?.message.contains("there is no state 'zzzz'; the states are") == true)
    }
}
