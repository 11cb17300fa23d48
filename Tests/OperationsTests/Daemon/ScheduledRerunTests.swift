import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("A job that sends again what failed")
struct ScheduledRerunTests {
    private static let start: WallTime = 1_772_000_000_000

    /// A daemon's context without its tasks, with a batch that is over: its first record was in doubt, the others failed.
    private func withContext(
        _ settings: String = "", statuses: String = "failed", failuresAreBilled: Bool = false,
        _ body: (DaemonContext, BatchID) async throws -> Void
    ) async throws {
        let bench = try await DaemonBench(
            at: Self.start, settings: settings,
            jobs: [
                "day": "{}\n",
                "again": "schedule: \"@daily\"\nrerun: { jobs: [day], statuses: \(statuses), younger_than: 24h }\n",
            ])
        let log = Logger(label: "daemon", factory: { _ in SwiftLogNoOpLogHandler() })
        let context = try await DaemonContext.opened(
            Installation(config: bench.file("rollcall.yaml")), environment: [:], log: log, clock: bench.clock)
        try await body(context, try await Self.batch(of: 4, in: context, failuresAreBilled: failuresAreBilled))
        await context.client.shutDown()
        try await context.store.close()
        try await bench.end()
    }

    private static func batch(
        of records: Int, in context: DaemonContext, failuresAreBilled: Bool
    ) async throws -> BatchID {
        let store = context.store
        let batch = try await store.createBatch(
            NewBatch(
                job: "day", fileName: "day.csv", contentDigest: [UInt8](repeating: 1, count: 32), format: .csv,
                layout: [1], provenance: context.configuration.provenance, createdAt: context.clock.now)
        ).id
        var chunk = try await store.chunk(for: batch)
        for line in 2..<(records + 2) {
            try Array("row \(line)".utf8).withUnsafeBytes {
                try chunk.append(line: line, id: $0, rawRow: $0, canonicalRequest: $0)
            }
        }
        _ = try await store.append(chunk, checkpoint: Checkpoint(byteOffset: 1, line: 1))
        try await store.finishIngest(batch, state: .running)
        let caps = CallCaps(day: CallDay(rawValue: 20_260_225))
        let claim = try await store.claim(batch, upTo: records, now: context.clock.now, caps: caps)
        _ = try await store.finish(
            claim.records.map { record in
                Completion(
                    attempt: record.attempt, record: record.id, outcome: .transient, startedAt: context.clock.now,
                    finishedAt: context.clock.now, next: record.id.line == 2 ? .inDoubt : .failed,
                    billable: record.id.line == 2 ? .unknown : failuresAreBilled ? .yes : .no)
            })
        try await store.setState(batch, to: .completed, reason: nil)
        return batch
    }

    private func perform(in context: DaemonContext) async throws {
        let job = try #require(context.configuration.jobs["again"])
        try await ScheduledRerun(context: context, job: job, rerun: #require(job.rerun)).perform()
    }

    @Test("What it costs is priced after the calls of the month by the daemon's clock")
    func monthOfTheClock() async throws {
        let settings = """
            pricing: { currency: USD, tiers: [ { up_to: 3, each: 0.10 }, { each: 100 } ] }
            confirm_above: { cost: 5 }

            """
        try await withContext(settings, failuresAreBilled: true) { context, batch in
            try await perform(in: context)
            #expect(try await context.store.progress(batch).queued == 0)
        }
    }

    @Test(
        "What was resolved as failed is left alone, unless records in doubt are sent, too",
        arguments: [("failed", 3), ("[failed, in_doubt]", 4)])
    func resolvedByHand(statuses: String, queued: Int) async throws {
        try await withContext(statuses: statuses) { context, batch in
            let provenance = context.configuration.provenance
            _ = try await context.store.resolveAsFailed(batch, lines: nil, reason: "by hand", heldReason: "held") { _ in
                Action(at: 1, batch: batch, name: .resolve, provenance: provenance)
            }
            try await perform(in: context)
            #expect(try await context.store.progress(batch).queued == queued)
        }
    }

    @Test(
        "Only a batch that is over is sent again: what runs, stands still or was given up is left as it is",
        arguments: [
            ([], 3), ([.running], 0), ([.running, .paused], 0), ([.running, .halted], 0), ([.running, .cancelled], 0),
        ] as [([BatchState], Int)])
    func states(way: [BatchState], queued: Int) async throws {
        try await withContext { context, batch in
            for state in way { try await context.store.setState(batch, to: state, reason: nil) }
            try await perform(in: context)
            let now = try await context.store.batch(batch)
            #expect(now.counts.queued == queued && now.counts.inDoubt == 1)
            #expect(now.state == way.last ?? .running)
        }
    }

    @Test("A batch whose records cost more than may go unasked stays as it is, which is told once")
    func aboveConfirmation() async throws {
        try await withContext("confirm_above: { calls: 2 }\n") { context, batch in
            for _ in 0..<2 { try await perform(in: context) }
            #expect(try await context.store.batch(batch).state == .completed)
            let actions = try await context.store.actions(of: batch)
            #expect(actions.map(\.name) == [.rerunWaits])
            #expect(actions[0].detail?.contains("confirm_above.calls, 2: 3 billable calls") == true)
        }
    }
}
