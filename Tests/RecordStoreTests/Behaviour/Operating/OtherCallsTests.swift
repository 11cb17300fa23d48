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
        #expect(days.map(\.batch) == [batch.id, nil] && days.map(\.totals.calls) == [2, 1])
        try await store.close()
    }
}
