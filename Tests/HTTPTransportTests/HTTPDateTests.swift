import Basics
import Foundation
import HTTPTransport
import TestSupport
import Testing

@Suite struct HTTPDateTests {
    /// The examples of RFC 9110 §5.6.7 and their like.
    static let dates: [(text: String, time: WallTime)] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777_000),
        ("Sun Nov  6 08:49:37 1994", 784_111_777_000), ("Wed Nov 16 08:49:37 1994", 784_975_777_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1_000),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600_000), ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799_000), ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200_000),
        // The day's name is not held against the date: a wait is a wait.
        ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
    ]

    @Test(arguments: dates)
    func datesOfAllThreeFormsAreRead(text: String, time: WallTime) {
        #expect(HTTPDate.time(from: text, now: 784_111_777_000) == time)
    }

    static let noDates = [
        "", "no date", "Sun", "Sun,", "784111777", "20991231", "1Dec2030", "1 Dec 1122110211",
        "Fri, 31 Dec 300000000 23:59:59 GMT", "Fri, 31 Dec 10000 23:59:59 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994  08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2023 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 94", "Sun Nov    08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GaT", "Sun, \u{661}6 Nov 1994 08:49:37 GMT",
    ]

    @Test(arguments: noDates)
    func nothingElseIsADate(text: String) {
        #expect(HTTPDate.time(from: text, now: 784_111_777_000) == nil)
    }

    @Test(arguments: [
        (1994, "94", 1994), (2025, "94", 1994), (2025, "75", 2075), (2025, "76", 1976), (1999, "05", 2005),
    ])
    func aYearOfTwoDigitsIsAtMostFiftyYearsAhead(thisYear: Int, digits: String, year: Int) throws {
        let now = try #require(HTTPDate.time(from: "Sat, 01 Jun \(thisYear) 00:00:00 GMT"))
        #expect(
            HTTPDate.time(from: "Monday, 01-Jun-\(digits) 00:00:00 GMT", now: now)
                == HTTPDate.time(from: "Mon, 01 Jun \(year) 00:00:00 GMT"))
    }

    /// Against another implementation of the calendar.
    @Test func everyDayOfEightCenturiesIsCountedRight() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        for day in stride(from: -100_000, to: 200_000, by: 7) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let (year, month, day) = try (#require(parts.year), #require(parts.month), #require(parts.day))
            let text = String(format: "Sun, %02d %@ %04d 00:00:00 GMT", day, months[month - 1], year)
            #expect(HTTPDate.time(from: text) == WallTime(date), "\(text)")
        }
    }
}
