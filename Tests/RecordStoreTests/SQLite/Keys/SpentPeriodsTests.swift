import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

/// When nothing is left of a month its key is destroyed; as long as anything is, it is not.
@Suite struct SpentPeriodsTests {
    private static let november = CalendarMonth(at: Noon.november)

    /// A completed batch made at a time, its results written.
    private static func settled(_ store: RecordStore, at time: WallTime, content: UInt8) async throws -> Batch {
        let batch = try await store.completedBatch(at: time, content: content)
        try await store.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
        return try await store.batch(batch.id)
    }

    private static func purge(_ batch: Batch, _ scope: PurgeScope = .results, in store: RecordStore) async throws {
        #expect(try await store.purge(batch.id, scope, at: Noon.january, noting: .sample(.purge, of: batch.id)))
    }

    @Test func aMonthsKeyIsDestroyedWithItsLastBatchAndNotTheCurrentMonths() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let first = try await Self.settled(store, at: Noon.november, content: 1)
        let second = try await Self.settled(store, at: Noon.november, content: 2)
        let current = try await Self.settled(store, at: Noon.december, content: 3)
        try await Self.purge(first, in: store)
        try await Self.purge(second, .payloads, in: store)
        #expect(try await store.destroySpentPeriods(at: Noon.december).isEmpty)
        #expect(try await store.spentPeriods(at: Noon.december, purging: [second.id]) == [Self.november])
        #expect(try await store.answers(second.id) == ["answer-2", "answer-3"])
        try await Self.purge(second, in: store)
        try await Self.purge(current, in: store)
        #expect(try await store.spentPeriods(at: Noon.november).isEmpty)
        #expect(try await store.destroySpentPeriods(at: Noon.december) == [Self.november])
        #expect(try folder.keys.periodKeys().map(\.month) == [CalendarMonth(at: Noon.december)])
        #expect(try await store.destroySpentPeriods(at: Noon.january) == [CalendarMonth(at: Noon.december)])
        #expect(try await store.destroySpentPeriods(at: Noon.january).isEmpty)
        try await store.close()
    }

    @Test func aBatchWhoseKeyIsMissingWaitsForItAndKeepsNoOtherWaiting() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let (lost, other) = (
            try await Self.settled(store, at: Noon.november, content: 1),
            try await Self.settled(store, at: Noon.december, content: 2)
        )
        let rows = try PurgeCase(folder: folder, store: store, batch: other).sealed("payload", in: "records")
        // Both are interrupted right after they began.
        for batch in [lost, other] {
            let interruption = Interruption(afterSteps: 1)
            await #expect(throws: Interruption.Kill.self) {
                _ = try await store.purge(
                    batch.id, .payloads, at: Noon.january, noting: .sample(.purge, of: batch.id),
                    beforeStep: { try interruption.step() })
            }
        }
        try await store.close()
        let name = try #require(try folder.keys.periodKeys().first)
        try FileManager.default.moveItem(atPath: folder.keys.file(of: name), toPath: folder.path + "/away")
        store = try await folder.open()
        let error = await #expect(throws: StoreError.self) { try await store.finishPurges() }
        #expect(error?.code == .keysFolder)
        let left = try PurgeCase(folder: folder, store: store, batch: other).sealed("payload", in: "records")
        #expect(Set(left).intersection(rows).count == 2 && left.count == 4)
        #expect(try await store.answers(other.id) == ["answer-2", "answer-3"])
        try FileManager.default.moveItem(atPath: folder.path + "/away", toPath: folder.keys.file(of: name))
        #expect(try await store.finishPurges() == 1)
        let done = try PurgeCase(folder: folder, store: store, batch: lost).sealed("payload", in: "records")
        #expect(Set(done).isDisjoint(with: rows) && done.count == 4)
        #expect(try await store.answers(lost.id) == ["answer-2", "answer-3"])
        try await store.close()
    }

    /// What a batch of the month is left in that is not purged.
    enum Rest: CaseIterable { case inDoubt, running, paused, refusedToo, withoutResults }

    @Test(arguments: Rest.allCases)
    func aBatchThatIsNeededKeepsItsMonthsKey(rest: Rest) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let done = try await Self.settled(store, at: Noon.november, content: 1)
        try await Self.leave(rest, in: store)
        try await Self.purge(done, in: store)
        #expect(try await store.destroySpentPeriods(at: Noon.january).isEmpty)
        if rest != .refusedToo, rest != .withoutResults {
            let error = await #expect(throws: StoreError.self) {
                try await store.destroyPeriod(Self.november, at: Noon.january)
            }
            #expect(error?.code == .notAllowed)
        }
        #expect(try folder.keys.periodKeys().map(\.month) == [Self.november])
        try await store.close()
    }

    private static func leave(_ rest: Rest, in store: RecordStore) async throws {
        let new = NewBatch(
            job: "nightly", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
            layout: [], provenance: StoreFolder.provenance, createdAt: Noon.november)
        guard rest != .refusedToo else {
            _ = try await store.rejectFile(new, reason: "no header")
            return
        }
        let batch = try await store.createBatch(new)
        try await store.take([SampleRow(2, request: "other")], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        switch rest {
        case .running: break
        case .paused: try await store.setState(batch.id, to: .paused, reason: "by hand")
        case .inDoubt, .withoutResults, .refusedToo:
            _ = try await store.run(batch) { rest == .inDoubt ? $0.inDoubt : $0.succeeded }
            try await store.setState(batch.id, to: .completed, reason: nil)
        }
    }

    @Test func ofACopyFromBeforeOnlyTheLedgerIsRestoredAndNothingIsSentAgain() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let done = try await Self.settled(store, at: Noon.november, content: 1)
        let later = try await store.createBatch(
            NewBatch(
                job: "nightly", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
                layout: [], provenance: StoreFolder.provenance, createdAt: Noon.november))
        try await store.take((2...5).map { SampleRow($0, request: "other \($0)") }, into: later)
        try await store.finishIngest(later.id, state: .running)
        _ = try await store.finish(try await store.claim(later, 1).records.map(\.succeeded))
        let open = try await store.claim(later, 1).records
        // Made in the middle of the second batch, with a call under way.
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(open.map(\.succeeded))
        _ = try await store.run(later) { $0.succeeded }
        try await store.setState(later.id, to: .completed, reason: nil)
        let ended = try await store.batch(later.id)
        try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        for batch in [done, ended] { try await Self.purge(batch, in: store) }
        #expect(try await store.destroySpentPeriods(at: Noon.january) == [Self.november])
        try await store.close()

        let report = try await folder.restore()
        #expect(report.destroyedMonths == ["2025-11"] && report.missingKeys.isEmpty)
        // Before a run has settled it, too.
        let reading = try await folder.openForReading()
        let unread = await #expect(throws: StoreError.self) { try await reading.answers(done.id) }
        #expect(unread?.code == .purged && unread?.message.contains("only the ledger is left") == true)
        try await reading.checkKeys()
        try await reading.close()
        store = try await folder.open()
        let restored = try await store.batch(done.id)
        #expect(restored.purged.results != nil && restored.counts == done.counts)
        let read = await #expect(throws: StoreError.self) { try await store.answers(done.id) }
        #expect(read?.code == .purged)
        let cut = try await store.batch(later.id)
        #expect(cut.state == .cancelled && cut.counts.inDoubt == 1 && cut.counts.succeeded == 1)
        #expect(cut.counts.cancelled == 2 && cut.counts.queued == 0 && cut.reason?.contains("2025-11") == true)
        #expect(try await store.batchesLackingResults().isEmpty)
        let doubted = await #expect(throws: StoreError.self) { try await store.answers(later.id) }
        #expect(doubted?.code == .purged && doubted?.message.contains("its ledger is kept") == true)
        for status in [RecordStatus.inDoubt, .cancelled] {
            await #expect(throws: StoreError.self) {
                _ = try await store.requeue(later.id, RequeueSelection(statuses: [status]))
            }
        }
        var attempts = 0
        try await store.forEachAttempt(later.id) { _ in attempts += 1 }
        #expect(attempts == 2)
        try await store.finishPurges()
        // That of the batch in doubt is left, which nobody can read.
        let sealed = try PurgeCase(folder: folder, store: store, batch: restored).sealed("answer", in: "results")
        #expect(sealed.count == 1)
        try await store.close()
    }

    @Test func aDoubtThatNobodyCanReadCanStillBeResolvedAndThenPurged() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        let batch = try await store.createBatch(
            NewBatch(
                job: "nightly", fileName: "b.csv", contentDigest: [UInt8](repeating: 9, count: 32), format: .csv,
                layout: [], provenance: StoreFolder.provenance, createdAt: Noon.november))
        try await store.take([SampleRow(2, request: "other")], into: batch)
        try await store.finishIngest(batch.id, state: .running)
        _ = try await store.run(batch) { $0.inDoubt }
        try await store.backUp(to: folder.copy)
        _ = try await Self.resolve(batch, in: store)
        try await store.setState(batch.id, to: .completed, reason: nil)
        let ended = try await store.batch(batch.id)
        try await store.markResultsWritten(ended.id, finishedAt: ended.finishedAt)
        try await Self.purge(ended, in: store)
        #expect(try await store.destroySpentPeriods(at: Noon.january) == [Self.november])
        try await store.close()
        _ = try await folder.restore()
        store = try await folder.open()
        #expect(try await store.batch(batch.id).counts.inDoubt == 1)
        #expect(try await Self.resolve(batch, in: store) == 1)
        try await store.markResultsWritten(batch.id, finishedAt: store.batch(batch.id).finishedAt)
        try await Self.purge(batch, in: store)
        try await store.close()
    }

    private static func resolve(_ batch: Batch, in store: RecordStore) async throws -> Int {
        try await store.resolveAsFailed(batch.id, lines: nil, reason: "by hand", heldReason: "held") { _ in
            .sample(.resolve, of: batch.id)
        }
    }
}
