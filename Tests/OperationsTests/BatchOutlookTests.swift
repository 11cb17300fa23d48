import Foundation
import RecordStore
import Results
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("What status tells of a batch")
struct BatchOutlookTests {
    private static func status(process: Int32, isDaemon: Bool, batch: Int64?) -> RunnerStatus {
        RunnerStatus(
            process: process, host: "h", version: "1", isDaemon: isDaemon, startedAt: 0, loadedAt: 0, updatedAt: 0,
            allowedRate: 20, batch: batch.map(BatchID.init(rawValue:)))
    }

    static func batch(_ state: BatchState, queued: Int = 0, cancelled: Int = 0) -> Batch {
        var counts = BatchCounts()
        (counts.queued, counts.cancelled, counts.total) = (queued, cancelled, queued + cancelled + 1)
        return batch(state, counts)
    }

    static func batch(_ state: BatchState, _ counts: BatchCounts) -> Batch {
        Batch(
            id: BatchID(rawValue: 1), name: "day-1", job: "run", fileName: "day.csv", contentDigest: [], format: .csv,
            state: state, reason: nil, isIngested: true, checkpoint: Checkpoint(byteOffset: 0, line: 1),
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: 0, ingestedAt: 0, startedAt: nil, finishedAt: nil, purged: PurgeTimes(),
            reuses: true, cardLikeIDs: 0, doubtedLines: 0,
            counts: counts)
    }

    @Test(
        "A batch is run by a daemon, or by the process that is at it, and by nobody else",
        arguments: [
            (.nobody, nil, false),
            (.nobody, status(process: 7, isDaemon: true, batch: nil), false),
            (.nobody, status(process: 7, isDaemon: false, batch: 1), false),
            (.daemon(7), status(process: 7, isDaemon: true, batch: nil), true),
            (.run(7), status(process: 7, isDaemon: false, batch: 1), true),
            (.run(7), status(process: 7, isDaemon: false, batch: 2), false),
            // What an earlier run said of itself.
            (.run(8), status(process: 7, isDaemon: false, batch: 1), false),
            (.run(8), nil, false),
        ] as [(Installation.Runner, RunnerStatus?, Bool)])
    func sends(runner: Installation.Runner, status: RunnerStatus?, sends: Bool) {
        #expect(runner.sends(Self.batch(.running), status) == sends)
    }

    private static func text(_ batch: Batch, _ outlook: BatchOutlook, rate: Double? = nil, in width: Int? = nil)
        -> String
    {
        BatchDetail(batch: batch, outlook: outlook, measuredRate: rate).lines(fitting: width).map(\.plain)
            .joined(separator: "\n")
    }

    @Test(
        "The time to go is that at the rate that was measured, at the rate that is allowed before there is one",
        arguments: [
            (nil, "1,200 calls, at least 1m at 20/s\n"), (4, "1,200 calls, about 5m; 20/s are allowed"),
            (0, "1,200 calls; nothing moves, 20/s are allowed"),
        ] as [(Double?, String)])
    func toGo(rate: Double?, text: String) {
        let outlook = BatchOutlook(results: "out/day-1", rest: BatchOutlook.Rest(calls: 1_200, rate: 20))
        #expect(Self.text(Self.batch(.running, queued: 1_200), outlook, rate: rate).contains(text))
    }

    @Test("A batch that nobody runs is stopped; what is left, cost and results are told")
    func detail() {
        var outlook = BatchOutlook(isStopped: true, results: nil, cost: .unknown)
        outlook.rest = BatchOutlook.Rest(calls: 1_200, rate: 20)
        let stopped = Self.text(Self.batch(.running, queued: 1_200), outlook)
        for row in [
            "state     stopped", "resumes   when its file is run again, or by 'rollcall daemon'",
            "cost      unknown", "to go     1,200 calls, at least 1m at 20/s once it moves",
        ] {
            #expect(stopped.contains(row), "\(stopped)")
        }
        outlook = BatchOutlook(results: "out/day-1", cost: .known(currency: "USD", certain: 1.5, atMost: 2))
        let over = Self.text(Self.batch(.completed), outlook)
        for row in ["state    completed", "cost     USD 1.50 to 2.00", "results  out/day-1"] {
            #expect(over.contains(row), "\(over)")
        }
        #expect(!over.contains("to go") && !over.contains("resumes"))
    }
}
