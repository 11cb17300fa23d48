import Foundation
import Schedules
import TestSupport
import Testing

@Suite struct CronTextTests {
    @Test(arguments: [
        ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 jan *"), ("@Daily", "0 0 * * *"),
        ("0 22 * * mon-fri", "0 22 * * 1-5"), ("0 22 * * 7", "0 22 * * 0"), ("0 22 * * fri-sun", "0 22 * * 5,6,0"),
        ("0 22 * * 5-7", "0 22 * * 0,5,6"), ("*/15 * * * *", "*/15 0-23 * * *"),
        ("10-30/10 1 * * *", "10,20,30 1 * * *"),
        ("0  22\t* JAN,dec *", "0 22 * 1,12 *"), ("0 0-23/6 * * *", "0 0,6,12,18 * * *"),
        ("0 0 * * */7", "0 0 * * */7"),
    ])
    func oneExpressionCanBeWrittenInSeveralWays(one: String, other: String) throws {
        // `*/15` and `0-59/15` differ in that only the former has a star, which matters for the day fields alone.
        let (one, other) = (try CronExpression(one), try CronExpression(other))
        #expect(one.next(after: 0, in: .gmt) == other.next(after: 0, in: .gmt))
    }

    @Test(arguments: [
        ("", "there must be five fields: minute, hour, day of the month, month, day of the week"),
        ("0 22 * *", "there must be five fields: minute, hour, day of the month, month, day of the week"),
        ("0 0 22 * * *", "there must be five fields: minute, hour, day of the month, month, day of the week"),
        ("60 0 * * *", "the minute must be from 0 to 59"), ("-1 0 * * *", "the minute must be from 0 to 59"),
        ("0 24 * * *", "the hour must be from 0 to 23"), ("0 ten * * *", "the hour must be from 0 to 23"),
        ("0 0 0 * *", "the day of the month must be from 1 to 31"),
        ("0 0 * 13 *", "the month must be from 1 to 12, or jan to dec"),
        ("0 0 * mon *", "the month must be from 1 to 12, or jan to dec"),
        ("0 0 * * 8", "the day of the week must be from 0 to 7, or sun to sat"),
        ("0 0 * * *,", "the day of the week must be from 0 to 7, or sun to sat"),
        ("0 0 * * monday", "the day of the week must be from 0 to 7, or sun to sat"),
        ("0 22-2 * * *", "a range of the hour must rise: write two ranges, joined by a comma"),
        ("0 0 * * fri-mon", "a range of the day of the week must rise: write two ranges, joined by a comma"),
        ("5/10 * * * *", "a step of the minute needs a range or * before '/', such as */2"),
        ("*/0 * * * *", "the step of the minute, behind '/', must be from 1 to 59"),
        ("*/90 * * * *", "the step of the minute, behind '/', must be from 1 to 59"),
        ("*/ * * * *", "the step of the minute, behind '/', must be from 1 to 59"),
        ("0 */24 * * *", "the step of the hour, behind '/', must be from 1 to 23"),
        (
            "@reboot",
            "a name must be one of @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly"
        ),
        ("１ 0 * * *", "the minute must be from 0 to 59"),
        ("99999999999999999999 0 * * *", "the minute must be from 0 to 59"),
    ])
    func aWrongFieldIsNamedWithWhatItMayHold(text: String, complaint: String) {
        let error = #expect(throws: ScheduleError.self) { try CronExpression(text) }
        #expect(error?.description == complaint)
    }

    @Test func theTextIsKeptAsItWasGiven() throws {
        #expect(try CronExpression("@Daily").description == "@Daily")
    }
}
