import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("When a cap turns over")
struct CapResetTests {
    /// A time in ISO 8601.
    private func instant(_ text: String) throws -> WallTime {
        WallTime(try Date(text, strategy: .iso8601))
    }

    @Test(
        "Days and months end where limits.time_zone says",
        arguments: [
            (Cap.dailyCalls, "UTC", "2026-03-28T12:00:00Z", "2026-03-29T00:00:00Z"),
            // The day on which the clock is set forward has 23 hours.
            (.dailyCalls, "Europe/Zurich", "2026-03-29T00:30:00Z", "2026-03-29T22:00:00Z"),
            (.monthlyCost, "UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
            (.monthlyCost, "Asia/Tokyo", "2026-02-28T15:00:00Z", "2026-03-31T15:00:00Z"),
        ])
    func turns(cap: Cap, zone: String, now: String, next: String) throws {
        let zone = try #require(TimeZone(identifier: zone))
        #expect(CapReset.next(after: try instant(now), cap: cap, in: zone) == (try instant(next)))
    }

    @Test("A batch's own cap never turns over")
    func batchCap() {
        #expect(CapReset.next(after: 0, cap: .batchCalls, in: .gmt) == nil)
    }
}
