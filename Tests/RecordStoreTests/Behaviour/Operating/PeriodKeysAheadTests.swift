import Basics
import Testing

@testable import RecordStore

@Suite("Months' keys that are made ahead", .everyEngine)
struct PeriodKeysAheadTests {
    @Test("Months that have none get one, also beside a runner, which takes files in under it; no second one is made")
    func made() async throws {
        let folder = try StoreFolder()
        let stores = try await folder.pair()
        let months = CalendarMonth(at: Noon.november).following(3)
        #expect(months.map(\.description) == ["2025-11", "2025-12", "2026-01"])
        func make() async throws -> [CalendarMonth] {
            try await stores.operating.makePeriodKeys(
                ofMonths: 3, from: Noon.november, noting: .sample(.makePeriodKeys, detail: "up to 2026-01"))
        }
        #expect(try await make() == months)
        #expect(try await make().isEmpty)
        #expect(try await stores.operating.actions().map(\.name) == [.makePeriodKeys])
        let batch = try await stores.runner.completedBatch(at: Noon.november, content: 1)
        let keys = try await stores.runner.periodKeys()
        #expect(keys.map(\.month) == months)
        #expect(keys.allSatisfy { $0.isHere && !$0.isDestroyed && $0.nodesLeft.isEmpty })
        #expect(try KeysFolder(path: folder.path).periodKeys().map(\.month) == months)
        #expect(try await stores.runner.answers(batch.id) == ["answer-2", "answer-3"])
        // A month that passes without a file leaves no key behind.
        #expect(try await stores.runner.destroySpentPeriods(at: Noon.january) == [CalendarMonth(at: Noon.december)])
        #expect(try await stores.operating.periodKeys().map(\.isDestroyed) == [false, true, false])
        try await folder.close(stores)
    }

    @Test("Months are counted over the end of a year")
    func months() {
        let december = CalendarMonth(at: Noon.december)
        #expect(december.following(14).map(\.rawValue).suffix(3) == [202_611, 202_612, 202_701])
        #expect(december.following(0).isEmpty && december.following(-1).isEmpty)
    }
}
