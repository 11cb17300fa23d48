import Foundation
import IdentityInsightsClient
import Testing

@Suite("When a key begins and ends")
struct DatedKeyTests {
    private static let day = 86_400.0
    private static let now = Date(timeIntervalSince1970: 1_769_896_800)

    private func key(begin: Double = -1, end: Double) -> DatedKey {
        DatedKey(
            setting: "api.client_certificate", subject: "CN=client", fingerprint: "f",
            begin: Self.now + begin * Self.day, end: Self.now + end * Self.day)
    }

    @Test(
        "It is current, ends in so many days, has expired, or is not valid yet",
        arguments: [
            (-1, 31, .current), (-1, 30.01, .current), (-1, 30, .ending(days: 30)), (-1, 29.9, .ending(days: 29)),
            (-1, 1, .ending(days: 1)), (-1, 0.5, .ending(days: 0)), (-1, 0, .expired), (-1, -3, .expired),
            (2, 30, .future(seconds: 2 * day)),
        ] as [(Double, Double, DatedKey.Validity)])
    func validity(begin: Double, end: Double, expected: DatedKey.Validity) {
        #expect(key(begin: begin, end: end).validity(at: Self.now) == expected)
    }

    @Test(
        "The reminder is the last that is due",
        arguments: [
            (30.1, nil), (30, 30), (14.1, 30), (14, 14), (8, 14), (7, 7), (3.5, 7), (3, 3), (1.5, 3), (1, 1), (0.1, 1),
            (0, 0), (-9, 0),
        ] as [(Double, Int?)])
    func reminder(end: Double, expected: Int?) {
        #expect(key(end: end).reminder(at: Self.now) == expected)
    }

    @Test("What is told names the setting, the day and the remedy")
    func notice() {
        #expect(
            key(end: 14).notice(at: Self.now)
                == "api.client_certificate: CN=client ends in 14 days, on 2026-02-14: renew it in time")
        #expect(key(end: 1).notice(at: Self.now)?.contains("in 1 day, on 2026-02-01") == true)
        #expect(
            key(end: -1).notice(at: Self.now)
                == "api.client_certificate: CN=client expired on 2026-01-30: get a new one from the portal")
        #expect(key(end: 31).notice(at: Self.now) == nil)
    }

    @Test("Of several keys under a setting the first end counts")
    func ends() {
        let ends = DatedKey.ends(of: [key(end: 9), key(end: 4), key(end: 7)])
        #expect(ends == ["api.client_certificate": Self.now + 4 * Self.day])
    }
}
