import Foundation

/// The warning before a batch that the client certificate does not outlive. A pure rule.
enum CertificateNotice {
    /// The warning before a batch.
    ///
    /// - Parameters:
    ///   - end: The certificate's end.
    ///   - queued: Records to send.
    ///   - rate: Calls per second.
    ///   - now: The time.
    /// - Returns: One line; nil where the certificate lasts.
    static func text(end: Date, queued: Int, rate: Double, now: Date) -> String? {
        let outlook = CertificateOutlook(end: end, queued: queued, rate: rate, now: now)
        guard outlook.isTooShort else { return nil }
        return "warning: the client certificate ends \(NumberFormat.time(end)), before this batch's projected end "
            + "\(NumberFormat.time(outlook.projectedEnd)); renew it in the portal"
    }
}
