import Basics
import JobRunner
import TestSupport
import Testing

@testable import IdentityInsightsClient

@Suite("How long Retry-After asks to wait")
struct RetryAfterFieldTests {
    /// 08:49:37 on 6 November 1994.
    private static let now: WallTime = 784_111_777_000

    struct Case: Sendable {
        let values: [String]
        /// Seconds; nil: the field is not there.
        let wait: Int?

        init(_ values: String..., wait: Int?) {
            self.values = values
            self.wait = wait
        }
    }

    static let table: [Case] = [
        Case(wait: nil),
        Case("3", wait: 3), Case("0", wait: 0), Case("007", wait: 7), Case(" 5 ", wait: 5),
        Case("1000000000", wait: 1_000_000_000), Case("99999999999999999999", wait: .max),
        Case("9223372036854775807", wait: .max), Case("9223372036854775806.5", wait: .max),
        // Fractions round up.
        Case("299.997", wait: 300), Case("300.0", wait: 300), Case("0.001", wait: 1), Case("0.0", wait: 0),
        Case("2.", wait: 2),
        // Of several values the longest holds.
        Case("3, 3", wait: 3), Case("3,60 ,5", wait: 60), Case("3", "9", "4", wait: 9), Case(",,5,", wait: 5),
        Case("1, soon", wait: 1), Case("soon, 2", wait: 2),
        // Dates, in all three forms, alone and in lists.
        Case("Sun, 06 Nov 1994 08:50:37 GMT", wait: 60), Case("Sunday, 06-Nov-94 08:50:37 GMT", wait: 60),
        Case("Sun Nov  6 08:50:37 1994", wait: 60),
        Case("Sun, 06 Nov 1994 08:50:37 GMT, 90", wait: 90),
        Case("5, Sun, 06 Nov 1994 08:50:37 GMT", wait: 60),
        Case("Sun, 06 Nov 1994 08:50:37 GMT, Sunday, 06-Nov-94 08:50:38 GMT", wait: 61),
        // The past is no wait.
        Case("Sun, 06 Nov 1994 08:49:37 GMT", wait: 0), Case("Sun, 06 Nov 1994 08:49:36 GMT", wait: 0),
        Case("Thu, 01 Jan 1970 00:00:00 GMT", wait: 0), Case("Sat, 01 Jan 0000 00:00:00 GMT", wait: 0),
        Case("Fri, 31 Dec 9999 23:59:59 GMT", wait: 252_618_189_022),
        // What cannot be read is one second.
        Case("", wait: 1), Case(" , ", wait: 1), Case("soon", wait: 1), Case("-3", wait: 1), Case("+3", wait: 1),
        Case("1e3", wait: 1), Case("0x10", wait: 1), Case("5s", wait: 1), Case("\"5\"", wait: 1), Case(".5", wait: 1),
        Case("1.2.3", wait: 1), Case("\u{661}", wait: 1), Case("Sun,", wait: 1), Case("20991231", wait: 20_991_231),
        Case("1 Dec 1122110211", wait: 1), Case("Fri, 31 Dec 300000000 23:59:59 GMT", wait: 1),
        Case("Sun, 06 Nov 1994 08:50:37", wait: 1), Case("Sun, 06 Nov 1994 08:50:37 CET", wait: 1),
    ]

    @Test("Whatever the field holds", arguments: table)
    func reading(each: Case) {
        #expect(RetryAfterField.read(each.values, answeredAt: Self.now)?.seconds == each.wait)
    }

    @Test(
        "A date counts from the answer's, however far the two are apart",
        arguments: [WallTime.distantPast, 0, .distantFuture])
    func farApart(now: WallTime) {
        let wait = RetryAfterField.read(["Fri, 31 Dec 9999 23:59:59 GMT"], answeredAt: now)
        #expect((wait?.seconds == 0) == (now == .distantFuture))
    }

    @Test("No text at all ends the process or gives a wait below none")
    func anything() {
        var random = SeededRandom(seed: 14)
        let pieces = [
            "Sun", "Sunday", "day", ",", " ", "06", "Nov", "1994", "08:49:37", "GMT", "-", ".", "9999999999999999999",
            "1", "0", "\u{0}", "é", "Dec", "31", "23:59:60", "\t", "+", "99999999",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...9, using: &random))
                .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
                .joined(separator: Bool.random(using: &random) ? " " : "")
            #expect((RetryAfterField.read([text], answeredAt: Self.now)?.seconds ?? -1) >= 0)
        }
    }
}
