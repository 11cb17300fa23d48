import Basics
import Foundation
import TestSupport
import Testing

@testable import Results

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_767_225_599_005, "2025-12-31T23:59:59.005Z"),
        ] as [(WallTime, String)])
    func timesAreISO8601InUTC(time: WallTime, text: String) {
        #expect(Timestamp.text(time) == text)
    }

    @Test(arguments: [
        ("America/New_York", "1969-12-31T19:00:00.250-05:00"), ("Asia/Kolkata", "1970-01-01T05:30:00.250+05:30"),
        ("America/St_Johns", "1969-12-31T20:30:00.250-03:30"), ("UTC", "1970-01-01T00:00:00.250+00:00"),
    ])
    func aZonesClockShowsItsOffset(zone: String, text: String) throws {
        #expect(Timestamp.text(250, in: try #require(TimeZone(identifier: zone))) == text)
    }

    @Test(arguments: [WallTime.distantPast, .distantFuture])
    func noNumberInADatabaseIsTooLargeToBeShown(time: WallTime) throws {
        for name in ["America/New_York", "Asia/Kolkata"] {
            #expect(!Timestamp.text(time, in: try #require(TimeZone(identifier: name))).isEmpty)
        }
    }

    @Test func everyDayOfAFewCenturiesIsFoundationsDay() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: Int64(-40_000), to: 100_000, by: 1) {
            let time = WallTime(milliseconds: day * 86_400_000 + 45_296_789)
            let date = Date(timeIntervalSince1970: Double(day * 86_400 + 45_296))
            guard Timestamp.text(time).prefix(19) != style.format(date).prefix(19) else { continue }
            Issue.record("day \(day) is \(Timestamp.text(time))")
        }
    }
}
