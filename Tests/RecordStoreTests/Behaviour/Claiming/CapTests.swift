import TestSupport
import Testing

@testable import RecordStore

@Suite(.everyEngine) struct CapTests {
    @Test(
        arguments: [
            (10, nil, nil, 5, 5, 10, nil), (10, 20, nil, 5, 0, 10, nil), (10, 14, nil, 5, 0, 9, .batchCalls),
            (10, 5, nil, 5, 0, 0, .batchCalls), (10, 3, nil, 5, 0, 0, .batchCalls), (10, nil, 14, 0, 5, 9, .dailyCalls),
            (10, 8, 7, 0, 0, 7, .dailyCalls), (10, 7, 8, 0, 0, 7, .batchCalls), (10, 0, nil, 0, 0, 0, .batchCalls),
            (10, nil, 0, 0, 0, 0, .dailyCalls), (0, 0, 0, 0, 0, 0, nil),
        ] as [(Int, Int?, Int?, Int, Int, Int, Cap?)])
    func capsLeaveSoManyCalls(
        wanted: Int, batch: Int?, daily: Int?, batchCalls: Int, dayCalls: Int, left: Int, cap: Cap?
    ) {
        let caps = CallCaps(daily: daily, batch: batch, day: RecordStore.day)
        let allowance = CallAllowance(wanted: wanted, caps: caps, batchCalls: batchCalls, dayCalls: dayCalls)
        #expect(allowance.count == left)
        #expect(allowance.limitedBy == cap)
    }

    @Test func aCapIsNeverPassedAndSaysWhichItIs() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 10)
        let caps = CallCaps(daily: 5, batch: nil, day: RecordStore.day)
        let first = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps)
        #expect(first.records.count == 4 && first.cappedBy == nil)
        let second = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps)
        #expect(second.records.count == 1 && second.cappedBy == .dailyCalls)
        let third = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps)
        #expect(third.records.isEmpty && third.cappedBy == .dailyCalls)
        let tomorrow = CallCaps(daily: 5, batch: 7, day: CallDay(rawValue: 20_251_124))
        let fourth = try await store.claim(batch.id, upTo: 4, now: 0, caps: tomorrow)
        #expect(fourth.records.count == 2 && fourth.cappedBy == .batchCalls)
        try await store.close()
    }

    @Test func aCapThatIsJustEnoughStopsNothing() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        let caps = CallCaps(batch: 3, day: RecordStore.day)
        let claim = try await store.claim(batch.id, upTo: 5, now: 0, caps: caps)
        #expect(claim.records.count == 3 && claim.cappedBy == nil)
        try await store.close()
    }

    @Test func theDailyCapCountsAllBatches() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let caps = CallCaps(daily: 3, day: RecordStore.day)
        let one = try await store.runningBatch(count: 2, content: 1)
        let two = try await store.runningBatch(count: 2, content: 2)
        #expect(try await store.claim(one.id, upTo: 5, now: 0, caps: caps).records.count == 2)
        #expect(try await store.claim(two.id, upTo: 5, now: 0, caps: caps).records.count == 1)
        try await store.close()
    }

    @Test func capsHoldAcrossARestart() async throws {
        let folder = try StoreFolder()
        let caps = CallCaps(daily: 3, batch: 3, day: RecordStore.day)
        let first = try await folder.open()
        let batch = try await first.runningBatch(count: 9)
        #expect(try await first.claim(batch.id, upTo: 2, now: 0, caps: caps).records.count == 2)
        try await first.close()
        let second = try await folder.open()
        #expect(try await second.claim(batch.id, upTo: 9, now: 0, caps: caps).records.count == 1)
        try await second.close()
    }

    @Test func onlyACallThatSurelyNeverLeftIsGivenBack() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 4)
        let caps = CallCaps(daily: 4, batch: 4, day: RecordStore.day)
        let records = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps).records
        _ = try await store.finish([
            records[0].unsent, records[1].overloaded(until: 0), records[2].inDoubt, records[3].succeeded,
        ])
        #expect(try await store.calls(on: RecordStore.day) == (3, 1))
        #expect(try await store.progress(batch.id).calls == 3)
        let again = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps)
        #expect(again.records.count == 1)
        #expect(again.cappedBy == .dailyCalls || again.cappedBy == .batchCalls)
        try await store.close()
    }

    @Test func aCallGivenBackAfterMidnightIsTakenOffTheDayItWasCountedOn() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 2)
        let tomorrow = CallDay(rawValue: 20_251_124)
        let yesterday = try await store.claim(batch, 1).records
        let today = try await store.claim(batch.id, upTo: 1, now: 0, caps: CallCaps(day: tomorrow)).records
        _ = try await store.finish(yesterday.map(\.unsent) + today.map(\.succeeded))
        #expect(try await store.calls(on: RecordStore.day) == (0, 0))
        #expect(try await store.calls(on: tomorrow) == (1, 1))
        #expect(try await store.calls(inMonthOf: tomorrow) == (1, 1))
        #expect(try await store.calls(inMonthOf: CallDay(rawValue: 20_251_201)) == (0, 0))
        try await store.close()
    }
}
