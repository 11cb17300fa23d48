import TestSupport
import Testing

@testable import RecordStore

/// The money of a calendar month, in calls that count as paid.
@Suite(.everyEngine) struct MonthlyCapTests {
    @Test(
        arguments: [
            (10, nil, 5, 10, nil), (10, 20, 5, 10, nil), (10, 14, 5, 9, .monthlyCost), (10, 5, 5, 0, .monthlyCost),
            (10, 0, 0, 0, .monthlyCost), (10, 3, 5, 0, .monthlyCost), (0, 0, 0, 0, nil),
        ] as [(Int, Int?, Int, Int, Cap?)])
    func theMonthLeavesSoManyCalls(wanted: Int, monthly: Int?, charged: Int, left: Int, cap: Cap?) {
        let caps = CallCaps(monthly: monthly, day: RecordStore.day)
        let allowance = CallAllowance(
            wanted: wanted, caps: caps, batchCalls: 99, dayCalls: 99, monthCharged: charged)
        #expect(allowance.count == left && allowance.limitedBy == cap)
    }

    @Test func ofSeveralCapsTheTightestIsNamed() {
        let caps = CallCaps(daily: 8, batch: 9, monthly: 7, day: RecordStore.day)
        let allowance = CallAllowance(wanted: 10, caps: caps, batchCalls: 0, dayCalls: 0, monthCharged: 0)
        #expect(allowance.count == 7 && allowance.limitedBy == .monthlyCost)
    }

    @Test func whatIsBilledUnderWayOrPerhapsBilledCountsAndARefusalDoesNot() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        let caps = CallCaps(monthly: 4, day: RecordStore.day)
        let records = try await store.claim(batch.id, upTo: 9, now: 0, caps: caps).records
        #expect(records.count == 4)
        #expect(try await store.claim(batch.id, upTo: 9, now: 0, caps: caps).cappedBy == .monthlyCost)
        _ = try await store.finish([records[0].succeeded, records[1].inDoubt, records[2].rejected])
        let month = RecordStore.day...RecordStore.day
        #expect(try await store.callTotals(month) == (4, 1, 3))
        let again = try await store.claim(batch.id, upTo: 9, now: 0, caps: caps)
        #expect(again.records.count == 1 && again.cappedBy == .monthlyCost)
        let nextMonth = CallCaps(monthly: 4, day: CallDay(rawValue: 20_251_201))
        #expect(try await store.claim(batch.id, upTo: 9, now: 0, caps: nextMonth).records.count == 4)
        try await store.close()
    }

    @Test func theLedgerOfAPeriodIsThatOfItsDaysAndBatches() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let one = try await store.runningBatch(count: 3, content: 1)
        let two = try await store.runningBatch(count: 3, content: 2)
        let tomorrow = CallDay(rawValue: 20_251_124)
        let early = try await store.claim(one, 2).records
        let late = try await store.claim(two.id, upTo: 3, now: 0, caps: CallCaps(day: tomorrow)).records
        _ = try await store.finish([early[0].succeeded, early[1].rejected, late[0].unsent, late[1].inDoubt])
        let days = try await store.ledgerDays(RecordStore.day...tomorrow)
        #expect(days.map(\.day) == [RecordStore.day, tomorrow] && days.map(\.name) == [one.name, two.name])
        #expect(days[0].totals == (try await store.ledgerTotals(one.id)))
        #expect(days[1].totals == (try await store.ledgerTotals(two.id)))
        #expect(days[1].totals.open == 1 && days[1].totals.calls == 2 && days[1].totals.unknown == 1)
        #expect(try await store.ledgerDays(tomorrow...tomorrow).count == 1)
        try await store.close()
    }

    /// Whatever is claimed and however it ends: no cap is ever passed by what left, or may have left.
    @Test(arguments: 1...6) func noCapIsPassedByOneCall(seed: UInt64) async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        var random = Splitmix(state: seed)
        let batches = [
            try await store.runningBatch(count: 60, content: 1), try await store.runningBatch(count: 60, content: 2),
        ]
        var caps = CallCaps(daily: 37, batch: 29, monthly: 41, day: CallDay(rawValue: 20_251_129))
        var underWay: [ClaimedRecord] = []
        for step in 0..<80 {
            if step % 20 == 19 { caps.day = CallDay(rawValue: caps.day.rawValue + (step == 39 ? 71 : 1)) }
            let batch = batches[Int.random(in: 0..<2, using: &random)]
            let wanted = Int.random(in: 1...7, using: &random)
            underWay += try await store.claim(batch.id, upTo: wanted, now: 0, caps: caps).records
            underWay.shuffle(using: &random)
            let ended = underWay.prefix(Int.random(in: 0...underWay.count, using: &random))
            _ = try await store.finish(
                ended.map { record in
                    [record.succeeded, record.inDoubt, record.rejected, record.unsent, record.transient(until: 0)]
                        .randomElement(using: &random) ?? record.unsent
                })
            underWay.removeFirst(ended.count)
            if step % 27 == 26 {
                // As after a kill: what was under way may have been billed.
                try await store.close()
                store = try await folder.open()
                underWay = []
            }
            try await expect(caps, batches, store)
        }
        try await store.close()
    }

    private func expect(_ caps: CallCaps, _ batches: [Batch], _ store: RecordStore) async throws {
        #expect(try await store.calls(on: caps.day).calls <= caps.daily ?? 0)
        let month = CallDay(rawValue: caps.day.month.lowerBound)...CallDay(rawValue: caps.day.month.upperBound)
        #expect(try await store.callTotals(month).charged <= caps.monthly ?? 0)
        var counted = (calls: 0, billable: 0, charged: 0)
        for batch in batches {
            #expect(try await store.progress(batch.id).calls <= caps.batch ?? 0)
            try await store.forEachAttempt(batch.id) { attempt in
                counted.calls += attempt.countsAsCall ? 1 : 0
                counted.billable += attempt.billable == .yes ? 1 : 0
                counted.charged += attempt.billable == .no ? 0 : 1
            }
        }
        let all = CallDay(rawValue: 19_700_101)...CallDay(rawValue: 99_991_231)
        #expect(try await store.callTotals(all) == counted)
    }
}

/// The same numbers for the same seed.
private struct Splitmix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
