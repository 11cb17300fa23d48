import Basics
import Foundation
import Schedules
import TestSupport
import Testing

@Suite struct CronPropertyTests {
    static let zones = [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk",
        "Africa/Cairo", "Africa/Casablanca", "Asia/Kathmandu", "America/St_Johns",
    ]

    /// Two years hold every change of every zone's clock, Apia's lost day among them.
    @Test(arguments: zones, [(0, 0), (30, 2), (15, 1), (59, 23), (45, 12)])
    func aDailyExpressionIsDueOncePerDayOfTheCalendar(zone: String, time: (minute: Int, hour: Int)) throws {
        let zone = try #require(TimeZone(identifier: zone))
        let expression = try CronExpression("\(time.minute) \(time.hour) * * *")
        for year in [2011, 2026] {
            let (start, end) = (try instant("\(year)-06-01 12:00Z"), try instant("\(year + 1)-06-01 12:00Z"))
            var now = start
            var days: [Int] = []
            while let due = expression.next(after: now, in: zone), due <= end {
                now = due
                let minute = localMinute(due, in: zone)
                // Where a gap ends at midnight, what was due in it belongs to the day before.
                let isOfTheDayBefore = minute % 1440 == 0 && time.hour == 23
                days.append(isOfTheDayBefore ? minute / 1440 - 1 : minute / 1440)
            }
            let expected = calendarDays(from: start, to: end, in: zone)
            #expect(days == expected.filter { $0 >= days[0] && $0 <= days[days.count - 1] })
            #expect(days.count >= expected.count - 2)
        }
    }

    @Test(arguments: zones)
    func theNextDueTimeNeverFallsBackAndNothingLiesBetween(zone: String) throws {
        let zone = try #require(TimeZone(identifier: zone))
        for text in ["*/7 * * * *", "0 2 * * *", "30 1,2,3 * * 0,6", "10 */3 1,15 * 1"] {
            let expression = try CronExpression(text)
            var last = WallTime.distantPast
            for step in 0..<2000 {
                let now = try instant("2026-01-01 00:00Z") + Int64(step) * 15_770_000
                let due = try #require(expression.next(after: now, in: zone))
                #expect(due > now && due >= last)
                // From anywhere before a due time the same one is found.
                #expect(expression.next(after: due - 1, in: zone) == due)
                last = due
            }
        }
    }

    /// The days the zone's calendar has, by looking at every quarter of an hour.
    private func calendarDays(from start: WallTime, to end: WallTime, in zone: TimeZone) -> [Int] {
        var days: [Int] = []
        for milliseconds in stride(from: start.milliseconds, through: end.milliseconds, by: 900_000) {
            let day = localMinute(WallTime(milliseconds: milliseconds), in: zone) / 1440
            if day != days.last { days.append(day) }
        }
        return days
    }

    private func localMinute(_ instant: WallTime, in zone: TimeZone) -> Int {
        let seconds = Int(instant.milliseconds / 1000)
        return (seconds + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))) / 60
    }
}
