import Foundation
import Testing

@testable import Operations

@Suite("Whether a certificate lasts")
struct CertificateOutlookTests {
    @Test(
        "It must last until what waits is done, and must not have ended",
        arguments: [
            (1_000, 0, false, false), (1_000, 9_999, false, false), (1_000, 10_001, true, false),
            (0, 0, true, true), (-1, 0, true, true), (1, 0, false, false),
        ] as [(Double, Int, Bool, Bool)])
    func outlook(secondsLeft: Double, queued: Int, isTooShort: Bool, hasEnded: Bool) {
        let now = Date(timeIntervalSince1970: 1_763_900_000)
        let outlook = CertificateOutlook(
            end: now.addingTimeInterval(secondsLeft), queued: queued, rate: 10, now: now)
        #expect(outlook.isTooShort == isTooShort)
        #expect(outlook.hasEnded == hasEnded)
    }
}
