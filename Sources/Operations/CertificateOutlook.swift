import Foundation

/// Whether the client's certificate lasts as long as the work that waits. A pure rule.
struct CertificateOutlook: Equatable {
    /// What is to be said of a certificate, once.
    struct Warning: Hashable {
        let fingerprint: String
        let hasEnded: Bool
    }

    /// When the certificate ends.
    let end: Date
    /// When what waits would be done.
    let projectedEnd: Date
    /// Whether it has ended already, so that every call will be refused.
    let hasEnded: Bool

    /// Looks ahead.
    ///
    /// - Parameters:
    ///   - end: When the certificate ends.
    ///   - queued: Records that wait.
    ///   - rate: Calls per second.
    ///   - now: Today.
    init(end: Date, queued: Int, rate: Double, now: Date) {
        self.end = end
        projectedEnd = now.addingTimeInterval(Double(queued) / rate)
        hasEnded = end <= now
    }

    /// Whether it ends before the work does.
    var isTooShort: Bool { hasEnded || end < projectedEnd }
}
