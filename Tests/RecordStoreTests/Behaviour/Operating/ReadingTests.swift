import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct ReadingTests {
    @Test func aLargeBatchIsReadInOrderEachRecordOnce() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1_000)
        _ = try await store.runningBatch(count: 10, content: 2)
        var lines: [Int] = []
        try await store.forEachRecord(batch.id) { lines.append($0.line) }
        #expect(lines == Array(2...1_001))
        try await store.close()
    }

    @Test("A store that is closed while others read it refuses what they ask for later, and the process goes on")
    func closingBesideReads() async throws {
        let folder = try StoreFolder()
        for _ in 1...5 {
            let store = try await folder.open()
            try await withThrowingTaskGroup { group in
                for _ in 1...8 {
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) {
                            while true { _ = try await store.batches() }
                        }
                        #expect(error?.code == .closed)
                    }
                }
                _ = try await store.batches()
                try await store.close()
                try await group.waitForAll()
            }
        }
    }

    @Test(
        arguments: [
            (nil, nil, [2, 3, 4, 5, 6]), ([.queued], nil, [5, 6]), ([.succeeded, .failed], nil, [2, 3]),
            (nil, 3...4, [3, 4]), ([.inDoubt], 1...100, [4]), ([], nil, []), (nil, 50...60, []), (nil, 0...2, [2]),
        ] as [(Set<RecordStatus>?, ClosedRange<Int>?, [Int])])
    func onlyWhatIsAskedForIsRead(
        _ statuses: Set<RecordStatus>?, _ lines: ClosedRange<Int>?, _ expected: [Int]
    ) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 5)
        let records = try await store.claim(batch, 3).records
        _ = try await store.finish([records[0].succeeded, records[1].rejected, records[2].inDoubt])
        var found: [Int] = []
        try await store.forEachRecord(batch.id, statuses: statuses, lines: lines) { found.append($0.line) }
        #expect(found == expected)
        try await store.close()
    }

    @Test func theLedgerIsReadByLineThenAttempt() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 700)
        _ = try await store.finish(try await store.claim(batch, 700).records.map { $0.transient(until: 0) })
        _ = try await store.finish(try await store.claim(batch, 500).records.map(\.succeeded))
        _ = try await store.claim(try await store.runningBatch(count: 3, content: 2))
        var attempts: [AttemptView] = []
        try await store.forEachAttempt(batch.id) { attempts.append($0) }
        #expect(attempts.count == 1_200)
        #expect(attempts.map(\.record) == attempts.map(\.record).sorted())
        #expect(Set(attempts.map(\.id)).count == 1_200)
        #expect(attempts.prefix(4).map(\.number) == [1, 2, 1, 2])
        let totals = try await store.ledgerTotals(batch.id)
        #expect(totals.attempts == 1_200 && totals.billable == 500 && totals.unbilled == 700 && totals.open == 0)
        #expect(totals.calls == 1_200 && totals.unknown == 0)
        var some = 0
        try await store.forEachAttempt(batch.id, lines: 2...3) { _ in some += 1 }
        #expect(some == 4)
        // Of the last thousand attempts, those of lines 702 to 302, four hundred were answered.
        let times = try await store.lastCallTimes(of: batch.id, among: 1_000)
        #expect(times.count == 400 && times.allSatisfy { $0 == .milliseconds(200) })
        #expect(try await store.lastCallTimes(of: batch.id, among: 200).isEmpty)
        try await store.close()
    }

    @Test func theLimiterRemembers() async throws {
        let folder = try StoreFolder()
        let first = try await folder.open()
        #expect(try await first.limiterState() == nil)
        try await first.saveLimiterState(LimiterState(theoreticalArrival: 1, rateFactor: 1, savedAt: 1))
        let state = LimiterState(theoreticalArrival: 1_700_000_000_001, rateFactor: 0.49, closedUntil: 7, savedAt: 9)
        try await first.saveLimiterState(state)
        try await first.close()
        let second = try await folder.open()
        #expect(try await second.limiterState() == state)
        try await second.close()
    }

    @Test func actionsKeepWhoDidThem() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 1)
        let one = Action(at: 5, batch: batch.id, name: .rerun, detail: "failed", provenance: StoreFolder.provenance)
        let two = Action(at: 6, batch: nil, name: .results, provenance: StoreFolder.provenance)
        try await store.recordAction(one)
        try await store.recordAction(two)
        #expect(try await store.actions() == [one, two])
        #expect(try await store.actions(of: batch.id) == [one])
        try await store.close()
    }

    @Test(arguments: [
        ("UTC", 1_763_942_399_999, 20_251_123), ("UTC", 1_763_942_400_000, 20_251_124),
        ("America/New_York", 1_763_942_400_000, 20_251_123), ("Asia/Tokyo", 1_763_942_399_999, 20_251_124),
        ("Europe/Berlin", 1_743_294_600_000, 20_250_330), ("UTC", 0, 19_700_101),
    ])
    func aMomentFallsOnADayOfItsTimeZone(_ zone: String, _ instant: WallTime, _ day: Int64) throws {
        let timeZone = try #require(TimeZone(identifier: zone))
        #expect(CallDay(at: instant, in: timeZone).rawValue == day)
    }

    @Test func aFileWithoutRecordsMayComeAgainAndOneWithRecordsIsKnown() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let digest = [UInt8](repeating: 7, count: 32)
        let empty = try await store.makeBatch(7)
        #expect(try await store.findBatch(job: "nightly", contentDigest: digest).map(\.id) == [empty.id])
        try await store.finishIngest(empty.id, state: .completed)
        #expect(try await store.findBatch(job: "nightly", contentDigest: digest).isEmpty)
        let full = try await store.runningBatch(count: 1, content: 7)
        _ = try await store.run(full) { $0.succeeded }
        try await store.setState(full.id, to: .completed, reason: nil)
        #expect(try await store.findBatch(job: "nightly", contentDigest: digest).map(\.id) == [full.id])
        try await store.close()
    }
}
