import Basics
import Foundation
import Schedules
import TestSupport
import Testing

@Suite struct CallWindowTests {
    @Test(arguments: [
        ("22:00-06:00", "UTC", "2026-01-01 21:59Z", "2026-01-01 22:00Z"),
        ("22:00-06:00", "UTC", "2026-01-01 22:00Z", "2026-01-01 22:00Z"),
        ("22:00-06:00", "UTC", "2026-01-02 05:59Z", "2026-01-02 05:59Z"),
        ("22:00-06:00", "UTC", "2026-01-02 06:00Z", "2026-01-02 22:00Z"),
        ("09:00-17:30", "UTC", "2026-01-01 17:30Z", "2026-01-02 09:00Z"),
        ("09:00-12:00,13:00-17:00", "UTC", "2026-01-01 12:00Z", "2026-01-01 13:00Z"),
        ("13:00-17:00, 09:00-12:00", "UTC", "2026-01-01 17:00Z", "2026-01-02 09:00Z"),
        ("20:00-24:00", "UTC", "2026-01-01 23:59Z", "2026-01-01 23:59Z"),
        ("20:00-24:00", "UTC", "2026-01-02 00:00Z", "2026-01-02 20:00Z"),
        ("22:00-06:00", "Europe/Berlin", "2026-07-01 06:00+02:00", "2026-07-01 22:00+02:00"),
        // The hour from 2 to 3 is skipped, and comes twice.
        ("02:00-02:30", "Europe/Berlin", "2026-03-29 01:00+01:00", "2026-03-30 02:00+02:00"),
        ("02:30-04:00", "Europe/Berlin", "2026-03-29 01:00+01:00", "2026-03-29 03:00+02:00"),
        ("02:00-02:30", "Europe/Berlin", "2026-10-25 02:40+02:00", "2026-10-25 02:00+01:00"),
        ("02:00-02:30", "Europe/Berlin", "2026-10-25 02:40+01:00", "2026-10-26 02:00+01:00"),
        ("12:00-13:00", "Pacific/Apia", "2011-12-29 13:00-10:00", "2011-12-31 12:00+14:00"),
    ])
    func callsWaitForTheOpening(text: String, zone: String, now: String, opening: String) throws {
        let (window, zone) = (try CallWindow(text), try #require(TimeZone(identifier: zone)))
        let now = try instant(now)
        #expect(try window.opening(from: now, in: zone) == instant(opening))
        #expect(try window.isOpen(at: now, in: zone) == (now == instant(opening)))
    }

    @Test(arguments: [
        "", "22:00", "22:00-", "22-06", "22:00–06:00", "24:00-06:00", "22:00-24:01", "22:60-23:00", "9:00-17:00",
        "22:00-06:00,", "22:00-06:00-07:00", "-1:00-02:00",
    ])
    func whatIsNoWindowIsRefused(text: String) {
        let error = #expect(throws: ScheduleError.self) { try CallWindow(text) }
        #expect(error?.message == "each part must be a start and an end such as 22:00-06:00, from 00:00 to 24:00")
    }

    @Test(arguments: ["00:00-24:00", "08:00-08:00"])
    func aWindowThatIsAlwaysOpenIsLeftOut(text: String) {
        let error = #expect(throws: ScheduleError.self) { try CallWindow(text) }
        #expect(error?.message.hasPrefix("a window must be shorter than a day") == true)
    }

    /// The opening is the first minute in which the window is open, whatever the zone's clock does.
    @Test(arguments: CronPropertyTests.zones, ["22:00-06:00", "02:00-02:30", "00:00-00:15,23:45-24:00"])
    func nothingIsOpenBeforeTheOpening(zone: String, text: String) throws {
        let (window, zone) = (try CallWindow(text), try #require(TimeZone(identifier: zone)))
        var now = try instant("2026-03-20 00:00Z")
        let end = try instant("2026-11-05 00:00Z")
        while now < end {
            let opening = window.opening(from: now, in: zone)
            #expect(window.isOpen(at: opening, in: zone))
            let times = stride(from: now.milliseconds, to: opening.milliseconds, by: 5 * 60_000)
            for minute in times.map(WallTime.init(milliseconds:)) where window.isOpen(at: minute, in: zone) {
                Issue.record("open at \(shown(minute, in: zone))")
            }
            now = opening
            while window.isOpen(at: now, in: zone) { now += 5 * 60_000 }
        }
    }
}
