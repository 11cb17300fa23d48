import Basics
import Foundation
import Schedules
import TestSupport
import Testing

@Suite struct CronNextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let expression: String
        let zone: String
        let after: String
        let due: [String]

        init(_ expression: String, _ zone: String, after: String, _ due: String...) {
            (self.expression, self.zone, self.after, self.due) = (expression, zone, after, due)
        }

        var testDescription: String { "\(expression) in \(zone) after \(after)" }
    }

    private func check(_ each: Case) throws {
        let expression = try CronExpression(each.expression)
        let zone = try #require(TimeZone(identifier: each.zone))
        var now = try instant(each.after)
        for text in each.due {
            let due = try #require(expression.next(after: now, in: zone))
            #expect(try due == instant(text), "got \(shown(due, in: zone)) instead of \(text)")
            now = due
        }
    }

    @Test(arguments: [
        Case("0 22 * * *", "UTC", after: "2026-01-31 22:00Z", "2026-02-01 22:00Z", "2026-02-02 22:00Z"),
        Case("0 22 * * *", "UTC", after: "2026-01-31 21:59Z", "2026-01-31 22:00Z"),
        Case("*/20 * * * *", "UTC", after: "2026-01-01 23:39Z", "2026-01-01 23:40Z", "2026-01-02 00:00Z"),
        Case("30 8-18/5 * * 1-5", "UTC", after: "2026-01-02 18:30Z", "2026-01-05 08:30Z", "2026-01-05 13:30Z"),
        Case("0 0 29 2 *", "UTC", after: "2096-03-01 00:00Z", "2104-02-29 00:00Z"),
        Case("0 0 31 * *", "UTC", after: "2026-01-31 00:00Z", "2026-03-31 00:00Z", "2026-05-31 00:00Z"),
        Case("@monthly", "UTC", after: "2026-12-01 00:00Z", "2027-01-01 00:00Z"),
        Case("@weekly", "UTC", after: "2026-01-01 00:00Z", "2026-01-04 00:00Z", "2026-01-11 00:00Z"),
        Case("@yearly", "UTC", after: "1969-06-01 00:00Z", "1970-01-01 00:00Z"),
        Case("0 22 * * *", "Asia/Kathmandu", after: "2026-01-01 00:00Z", "2026-01-01 22:00+05:45"),
        Case("15 22 * * *", "Pacific/Kiritimati", after: "2026-01-01 00:00Z", "2026-01-01 22:15+14:00"),
        Case("15 22 * * *", "Pacific/Niue", after: "2026-01-01 00:00Z", "2025-12-31 22:15-11:00"),
    ])
    func dueTimesFollowTheWallClock(_ each: Case) throws { try check(each) }

    /// 13 February 2026 is a Friday, 13 March another.
    @Test(arguments: [
        Case("0 0 13 * 5", "UTC", after: "2026-02-10 00:00Z", "2026-02-13 00:00Z", "2026-02-20 00:00Z"),
        Case("0 0 */2 * 5", "UTC", after: "2026-02-10 00:00Z", "2026-02-13 00:00Z", "2026-02-27 00:00Z"),
        Case("0 0 13 * *", "UTC", after: "2026-02-10 00:00Z", "2026-02-13 00:00Z", "2026-03-13 00:00Z"),
        Case("0 0 * * 5", "UTC", after: "2026-02-10 00:00Z", "2026-02-13 00:00Z", "2026-02-20 00:00Z"),
        Case("0 0 14 * */5", "UTC", after: "2026-02-10 00:00Z", "2026-06-14 00:00Z"),
        Case("0 0 30 2 1", "UTC", after: "2026-01-28 00:00Z", "2026-02-02 00:00Z"),
    ])
    func ofTwoDayFieldsEitherIsEnoughUnlessOneHasAStar(_ each: Case) throws { try check(each) }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 * 30 2 *"], ["UTC", "Europe/Berlin"])
    func aDayThatNeverComesIsNever(expression: String, zone: String) throws {
        let zone = try #require(TimeZone(identifier: zone))
        #expect(try CronExpression(expression).next(after: instant("2026-01-01 00:00Z"), in: zone) == nil)
    }

    @Test(arguments: [
        Case(
            "30 2 * * *", "Europe/Berlin", after: "2026-03-28 12:00+01:00", "2026-03-29 03:00+02:00",
            "2026-03-30 02:30+02:00"),
        Case(
            "*/15 2 * * *", "Europe/Berlin", after: "2026-03-28 12:00+01:00", "2026-03-29 03:00+02:00",
            "2026-03-30 02:00+02:00"),
        Case(
            "0 2,3 * * *", "Europe/Berlin", after: "2026-03-28 12:00+01:00", "2026-03-29 03:00+02:00",
            "2026-03-30 02:00+02:00"),
        Case(
            "0 */2 * * *", "Europe/Berlin", after: "2026-03-29 00:30+01:00", "2026-03-29 03:00+02:00",
            "2026-03-29 04:00+02:00"),
        Case(
            "30 2 * * *", "America/New_York", after: "2026-03-07 12:00-05:00", "2026-03-08 03:00-04:00",
            "2026-03-09 02:30-04:00"),
        Case(
            "15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03 12:00+10:30", "2026-10-04 02:30+11:00",
            "2026-10-05 02:15+11:00"),
        Case(
            "45 2 * * *", "Australia/Lord_Howe", after: "2026-10-03 12:00+10:30", "2026-10-04 02:45+11:00",
            "2026-10-05 02:45+11:00"),
        Case(
            "30 23 * * *", "America/Nuuk", after: "2026-03-28 12:00-02:00", "2026-03-29 00:00-01:00",
            "2026-03-29 23:30-01:00"),
        Case(
            "30 0 * * *", "Africa/Cairo", after: "2026-04-23 12:00+02:00", "2026-04-24 01:00+03:00",
            "2026-04-25 00:30+03:00"),
    ])
    func aSkippedHourRunsOnceRightAfterTheGap(_ each: Case) throws { try check(each) }

    @Test(arguments: [
        Case(
            "30 2 * * *", "Europe/Berlin", after: "2026-10-24 12:00+02:00", "2026-10-25 02:30+02:00",
            "2026-10-26 02:30+01:00"),
        Case(
            "30 2 * * *", "Europe/Berlin", after: "2026-10-25 02:10+01:00", "2026-10-26 02:30+01:00"),
        Case(
            "*/30 2 * * *", "Europe/Berlin", after: "2026-10-24 12:00+02:00", "2026-10-25 02:00+02:00",
            "2026-10-25 02:30+02:00", "2026-10-26 02:00+01:00"),
        Case(
            "0 3 * * *", "Europe/Berlin", after: "2026-10-24 12:00+02:00", "2026-10-25 03:00+01:00",
            "2026-10-26 03:00+01:00"),
        Case(
            "30 1 * * *", "America/New_York", after: "2026-10-31 12:00-04:00", "2026-11-01 01:30-04:00",
            "2026-11-02 01:30-05:00"),
        Case(
            "45 1 * * *", "Australia/Lord_Howe", after: "2026-04-04 12:00+11:00", "2026-04-05 01:45+11:00",
            "2026-04-06 01:45+10:30"),
    ])
    func aRepeatedHourRunsOnceTheFirstTime(_ each: Case) throws { try check(each) }

    @Test(arguments: [
        Case(
            "30 * * * *", "Europe/Berlin", after: "2026-03-29 01:00+01:00", "2026-03-29 01:30+01:00",
            "2026-03-29 03:30+02:00"),
        Case(
            "30 * * * *", "Europe/Berlin", after: "2026-10-25 01:30+02:00", "2026-10-25 02:30+02:00",
            "2026-10-25 02:30+01:00", "2026-10-25 03:30+01:00"),
        Case(
            "@hourly", "Europe/Berlin", after: "2026-10-25 01:30+02:00", "2026-10-25 02:00+02:00",
            "2026-10-25 02:00+01:00", "2026-10-25 03:00+01:00"),
        Case(
            "*/20 * * * *", "Australia/Lord_Howe", after: "2026-04-05 01:40+11:00", "2026-04-05 01:40+10:30",
            "2026-04-05 02:00+10:30"),
        Case(
            "*/20 * * * *", "Australia/Lord_Howe", after: "2026-10-04 01:40+10:30", "2026-10-04 02:40+11:00"),
    ])
    func anExpressionOfEveryHourRunsInEveryRealHour(_ each: Case) throws { try check(each) }

    /// Apia's calendar had no 30 December 2011.
    @Test(arguments: [
        Case(
            "0 12 * * *", "Pacific/Apia", after: "2011-12-29 11:00-10:00", "2011-12-29 12:00-10:00",
            "2011-12-31 12:00+14:00"),
        Case("0 12 30 12 *", "Pacific/Apia", after: "2011-06-01 00:00Z", "2012-12-30 12:00+14:00"),
        Case(
            "@hourly", "Pacific/Apia", after: "2011-12-29 22:00-10:00", "2011-12-29 23:00-10:00",
            "2011-12-31 00:00+14:00"),
    ])
    func aDayThatTheCalendarLeftOutIsNoDay(_ each: Case) throws { try check(each) }
}
