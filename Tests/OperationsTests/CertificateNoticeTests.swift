import Foundation
import Testing

@testable import Operations

@Suite("The warning before a batch that the client certificate does not outlive")
struct CertificateNoticeTests {
    private static let now = Date(timeIntervalSince1970: 1_769_896_800)

    @Test(
        "It comes only where the certificate ends before the projected end",
        arguments: [(7_201, 2.0, true), (7_200, 2.0, false), (0, 2.0, false), (3_600_000, 1_000.0, false)])
    func isDue(queued: Int, rate: Double, isWarned: Bool) {
        let end = Self.now.addingTimeInterval(3_600)
        #expect((CertificateNotice.text(end: end, queued: queued, rate: rate, now: Self.now) != nil) == isWarned)
    }

    @Test("It names both times and the remedy")
    func words() {
        let text = CertificateNotice.text(end: Self.now, queued: 60, rate: 1, now: Self.now)
        #expect(
            text == "warning: the client certificate ends 2026-01-31 22:00:00 UTC, before this batch's projected end "
                + "2026-01-31 22:01:00 UTC; renew it in the portal")
    }
}
