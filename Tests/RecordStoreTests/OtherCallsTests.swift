import Testing

@testable import RecordStore

/// Calls that are no batch's: they count against the caps and stand in the ledger of their day.
@Suite struct OtherCallsTests {
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

    @Test func whatARestoreFindsLostCountsAsPerhapsBilledToday() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let batch = try await store.runningBatch(count: 9)
        _ = try await store.finish(try await store.claim(batch, 2).records.map(\.succeeded))
        try await store.backUp(to: folder.copy)
        _ = try await store.finish(try await store.claim(batch, 3).records.map(\.succeeded))
        try await store.close()
        _ = try await folder.restore()
        let restored = try await folder.open()
        let all = CallDay(rawValue: 19_700_101)...CallDay(rawValue: 99_991_231)
        let lost = try #require(try await restored.ledgerDays(all).last { $0.batch == nil })
        #expect(lost.name == "lost by a restore")
        #expect(lost.totals.calls == 3 && lost.totals.unknown == 3 && lost.totals.chargedAtMost == 3)
        #expect(try await restored.calls(on: lost.day) == (3, 0))
        try await restored.close()
        // Once only: the next start finds nothing lost.
        let again = try await folder.open()
        #expect(try await again.calls(on: lost.day) == (3, 0))
        try await again.close()
    }
}
