import TestSupport
import Testing

@testable import RecordStore

/// Calls that are no batch's: they count against the caps and stand in the ledger of their day.
@Suite(.everyEngine) struct OtherCallsTests {
    private static let action = Action(at: 1, batch: nil, name: .doctor, provenance: StoreFolder.provenance)

    private static func row(_ store: RecordStore) async throws -> LedgerDay? {
        try await store.ledgerDays(RecordStore.day...RecordStore.day).last { $0.batch == nil }
    }

    /// What became of the call, and what then counts: calls, billed, surely not, perhaps.
    @Test(arguments: [
        (Billable.yes, true, [1, 1, 0, 0]), (.no, true, [1, 0, 1, 0]), (.no, false, [0, 0, 1, 0]),
        (.unknown, true, [1, 0, 0, 1]),
    ])
    func aCallIsCountedAsItEnds(billable: Billable, isCall: Bool, counts: [Int]) async throws {
        let folder = try StoreFolder()
        try await folder.open().close()
        let store = try await folder.openForOperating()
        #expect(try await store.begin(.doctor, caps: RecordStore.uncapped, action: Self.action) == nil)
        #expect(try await Self.row(store)?.totals.open == 1)
        try await store.end(.doctor, on: RecordStore.day, billable: billable, countsAsCall: isCall)
        let row = try #require(try await Self.row(store))
        #expect(row.name == "doctor" && row.totals.attempts == 1 && row.totals.open == 0)
        #expect([row.totals.calls, row.totals.billable, row.totals.unbilled, row.totals.unknown] == counts)
        #expect(try await store.calls(on: RecordStore.day) == (counts[0], counts[1]))
        #expect(try await store.actions() == [Self.action])
        try await store.close()
    }

    @Test(arguments: [
        (CallCaps(daily: 2, day: RecordStore.day), nil), (CallCaps(daily: 1, day: RecordStore.day), Cap.dailyCalls),
        (CallCaps(monthly: 2, day: RecordStore.day), nil),
        (CallCaps(monthly: 1, day: CallDay(rawValue: 20_251_130)), .monthlyCost),
        (CallCaps(daily: 1, batch: 0, day: CallDay(rawValue: 20_251_124)), nil),
    ])
    func aCapForbidsItAndThenNothingIsWritten(caps: CallCaps, cap: Cap?) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 3)
        #expect(try await store.claim(batch, 1).records.count == 1)
        #expect(try await store.begin(.doctor, caps: caps, action: Self.action) == cap)
        #expect(try await store.actions().count == (cap == nil ? 1 : 0))
        try await store.close()
    }

    @Test func itTakesItsPlaceAmongTheCallsOfRecords() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 5)
        let caps = CallCaps(daily: 3, day: RecordStore.day)
        #expect(try await store.begin(.doctor, caps: caps, action: Self.action) == nil)
        let claim = try await store.claim(batch.id, upTo: 5, now: 0, caps: caps)
        #expect(claim.records.count == 2 && claim.cappedBy == .dailyCalls)
        let days = try await store.ledgerDays(inMonthsOf: batch.id)
        #expect(days.map(\.batch) == [batch.id, nil] && days.map(\.totals.chargedAtMost) == [2, 1])
        try await store.close()
    }

    /// What stands before a batch's row of a day, and in it, by what is surely and what is perhaps billed.
    private struct Place: Equatable {
        let day: CallDay
        var (billableBefore, chargedBefore) = (0, 0)
        let totals: LedgerTotals

        static func all(of batch: BatchID, in rows: [LedgerDay]) -> [Place] {
            var (month, billable, charged, places) = (ClosedRange<Int64>?.none, 0, 0, [Place]())
            for row in rows {
                if row.day.month != month { (month, billable, charged) = (row.day.month, 0, 0) }
                if row.batch == batch {
                    places.append(
                        Place(day: row.day, billableBefore: billable, chargedBefore: charged, totals: row.totals))
                }
                (billable, charged) = (billable + row.totals.billable, charged + row.totals.chargedAtMost)
            }
            return places
        }
    }

    @Test func aBatchHasItsPlaceInItsMonthsWithoutAllOthersBeingRead() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        var batches: [Batch] = []
        for content: UInt8 in 1...4 { batches.append(try await store.runningBatch(count: 40, content: content)) }
        let days: [Int64] = [20_251_101, 20_251_103, 20_251_130, 20_251_201]
        for (step, day) in (days + days).enumerated() {
            let caps = CallCaps(day: CallDay(rawValue: day))
            for (place, batch) in batches.enumerated() where (step + place) % 3 != 0 {
                let records = try await store.claim(batch.id, upTo: 4, now: 0, caps: caps).records
                let ends = records.enumerated().map { [$1.succeeded, $1.rejected, $1.inDoubt][($0 + place) % 3] }
                #expect(try await store.finish(ends.dropLast()) == 3)
            }
            #expect(try await store.begin(.doctor, caps: caps, action: Self.action) == nil)
        }
        let all = try await store.ledgerDays(CallDay(rawValue: 0)...CallDay(rawValue: 99_991_231))
        for batch in batches {
            let rows = try await store.ledgerDays(inMonthsOf: batch.id)
            let places = Place.all(of: batch.id, in: rows)
            #expect(places == Place.all(of: batch.id, in: all) && places.count > 2)
            #expect(rows.map(\.day) == rows.map(\.day).sorted())
        }
        try await store.close()
    }
}
