import Basics
import Foundation
import TestSupport
import Testing

@testable import Operations

@Suite("Figures as a person reads them")
struct NumberFormatTests {
    @Test(
        "Durations",
        arguments: [
            (0, "0s"), (0.4, "1s"), (59, "59s"), (60, "1m"), (200, "3m 20s"), (3_600, "1h"), (7_500, "2h 5m"),
            (273_600, "3d 4h"), (1e300, "for ever"), (.infinity, "for ever"), (.nan, "for ever"),
        ] as [(Double, String)])
    func durations(seconds: Double, text: String) {
        #expect(NumberFormat.duration(seconds: seconds) == text)
    }

    @Test(
        "No number in a database is too large to be shown as a time",
        arguments: [WallTime.distantPast, .distantFuture])
    func anyTime(time: WallTime) throws {
        for name in ["America/New_York", "Asia/Kolkata"] {
            #expect(!NumberFormat.time(time, in: try #require(TimeZone(identifier: name))).isEmpty)
        }
    }

    @Test("Times are UTC to the second")
    func times() {
        #expect(NumberFormat.time(1_700_000_000_999) == "2023-11-14 22:13:20 UTC")
    }
}
