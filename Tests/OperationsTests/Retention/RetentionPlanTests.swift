import Basics
import Settings
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("What is due of each kind, and what is kept")
struct RetentionPlanTests {
    private typealias Kind = Settings.Retention.Kind
    private static let day: Int64 = 86_400_000
    private static let now = WallTime(milliseconds: 1_000 * day)
    private static let retention = Settings.Retention([
        .payloads: .seconds(10 * 86400), .results: .seconds(30 * 86400), .ledger: .seconds(100 * 86400),
        .archive: .seconds(20 * 86400), .outputs: .seconds(40 * 86400), .rejected: .seconds(5 * 86400),
    ])

    /// A batch that ended, or if it has not was made, so many days ago.
    static func batch(
        _ state: BatchState = .completed, daysAgo: Int64, purged: PurgeTimes = PurgeTimes(), job: String = "run",
        content: [UInt8] = [1], number: Int64 = 1, _ change: (inout BatchCounts) -> Void = { _ in }
    ) -> Batch {
        var counts = BatchCounts()
        (counts.total, counts.succeeded) = (3, 3)
        change(&counts)
        let time = now - daysAgo * day
        return Batch(
            id: BatchID(rawValue: number), name: "day-\(number)", job: job, fileName: "day.csv",
            contentDigest: content, format: .csv, state: state, reason: nil, isIngested: true,
            checkpoint: Checkpoint(byteOffset: 0, line: 1),
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: state.isFinished ? 0 : time, ingestedAt: 0, startedAt: nil,
            finishedAt: state.isFinished ? time : nil, purged: purged, reuses: true, cardLikeIDs: 0, doubtedLines: 0,
            counts: counts)
    }

    private static func plan(
        _ batch: Batch, _ retention: Settings.Retention = retention, lacksResults: Bool = false
    ) -> RetentionPlan {
        RetentionPlan([RetentionPlan.Facts(batch: batch, retention: retention, lacksResults: lacksResults)], at: now)
    }

    @Test(
        "Each kind is due when its own age is over, counted from the batch's end",
        arguments: [
            (4, []), (5, []), (6, ["rejected"]), (10, ["rejected"]), (11, ["payloads", "rejected"]),
            (21, ["archive", "payloads", "rejected"]), (31, ["archive", "payloads", "rejected", "results"]),
            (41, ["archive", "outputs", "payloads", "rejected", "results"]),
            (101, ["archive", "ledger", "outputs", "payloads", "rejected", "results"]),
        ] as [(Int64, [String])])
    func ages(daysAgo: Int64, kinds: [String]) {
        for state in [BatchState.completed, .cancelled, .rejected] {
            let plan = Self.plan(Self.batch(state, daysAgo: daysAgo))
            #expect(plan.kept.isEmpty)
            #expect(plan.due.flatMap(\.kinds).map(\.rawValue).sorted() == kinds)
        }
    }

    @Test("What has no age is kept for good, and what was erased before is not due again")
    func absent() {
        let batch = Self.batch(daysAgo: 900)
        #expect(Self.plan(batch, .everything) == RetentionPlan([.init(batch: batch, retention: .everything)], at: 0))
        #expect(Self.plan(batch, .everything).due.isEmpty)
        let outputs = Settings.Retention([.outputs: .seconds(86400)])
        #expect(Self.plan(batch, outputs).due == [.init(batch: batch, kinds: [.outputs])])
        for (purged, kinds) in [
            (PurgeTimes(payloads: 1), [Kind.results, .ledger]), (PurgeTimes(payloads: 1, results: 1), [.ledger]),
            (PurgeTimes(payloads: 1, results: 1, ledger: 1), []),
        ] {
            let plan = Self.plan(Self.batch(daysAgo: 900, purged: purged))
            #expect(plan.due.first?.kinds == Set(kinds + [.archive, .outputs, .rejected]))
        }
    }

    @Test(
        "What is needed is kept whole, with its reason, once something of it is old enough",
        arguments: [
            (Self.batch(.ingesting, daysAgo: 11), false, "ingesting", "is still being read"),
            (Self.batch(.awaitingConfirmation, daysAgo: 11), false, "awaiting_confirmation", "waits for confirmation"),
            (Self.batch(.running, daysAgo: 11), false, "running", "runs"),
            (Self.batch(.paused, daysAgo: 11), false, "paused", "is paused"),
            (Self.batch(.halted, daysAgo: 11), false, "halted", "is halted"),
            (Self.batch(daysAgo: 11) { $0.inDoubt = 1 }, false, "in_doubt", "has 1 line in doubt or held"),
            (Self.batch(.cancelled, daysAgo: 6) { $0.inDoubt = 2 }, false, "in_doubt", "has 2 lines in doubt or held"),
            (Self.batch(.cancelled, daysAgo: 11) { $0.inFlight = 1 }, false, "calls_under_way", "has calls under way"),
            (
                Self.batch(daysAgo: 11), true, "results_not_written",
                "has results that are not written, or an input file that is not put away yet"
            ),
        ] as [(Batch, Bool, String, String)])
    func needed(batch: Batch, lacksResults: Bool, code: String, text: String) {
        let plan = Self.plan(batch, lacksResults: lacksResults)
        #expect(plan.due.isEmpty)
        #expect(plan.kept.map(\.code) == [code] && plan.kept.map(\.text) == [text])
    }

    @Test(
        "Nothing is said of a batch that is needed and young",
        arguments: [Self.batch(.paused, daysAgo: 10), Self.batch(daysAgo: 5) { $0.inDoubt = 1 }])
    func young(batch: Batch) {
        #expect(Self.plan(batch) == RetentionPlan([.init(batch: batch, retention: .everything)], at: 0))
    }

    @Test("Reused answers are due by their calls, as long as the batch's own results are not")
    func reused() {
        let limit = Self.now - 30 * Self.day
        let young = Self.plan(Self.batch(daysAgo: 1) { $0.reused = 2 })
        #expect(young.due.first?.reusedBefore == limit && young.due.first?.kinds == [])
        #expect(Self.plan(Self.batch(daysAgo: 31) { $0.reused = 2 }).due.first?.reusedBefore == nil)
        let purged = Self.batch(daysAgo: 1, purged: PurgeTimes(payloads: 1, results: 1)) { $0.reused = 2 }
        #expect(Self.plan(purged).due.isEmpty)
        let doubtful = Self.batch(daysAgo: 1) { ($0.reused, $0.inDoubt) = (2, 1) }
        #expect(Self.plan(doubtful).due.isEmpty)
        let noResults = Settings.Retention([.payloads: .seconds(86400 * 10)])
        #expect(Self.plan(Self.batch(daysAgo: 1) { $0.reused = 2 }, noResults).due.isEmpty)
    }

    @Test("The content of a batch whose input file is not due is in use, whatever others of the same content")
    func contents() {
        let facts = [
            Self.batch(daysAgo: 21, content: [1], number: 1), Self.batch(daysAgo: 1, content: [1], number: 2),
            Self.batch(daysAgo: 21, content: [3], number: 3), Self.batch(.paused, daysAgo: 90, content: [4], number: 4),
        ].map { RetentionPlan.Facts(batch: $0, retention: Self.retention) }
        #expect(RetentionPlan(facts, at: Self.now).contentsInUse == [[1], [4]])
    }
}
