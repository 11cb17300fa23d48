import Foundation
import JobRunner
import Logging
import RecordStore
import Settings
import Synchronization

extension DaemonContext {
    /// Warns where the client's certificate ends before all that waits would be done.
    func warnOfCertificateEnd() {
        let waiting = (try? store.unfinishedBatches()) ?? []
        warnOfCertificateEnd(before: waiting.reduce(0) { $0 + $1.counts.queued }, at: settings.limits.rate)
    }

    /// Warns where the client's certificate ends before so many records would be sent at so many calls per second; once
    /// for each certificate, and once more when it has ended.
    func warnOfCertificateEnd(before queued: Int, at rate: Double) {
        let rules = rules
        let outlook = CertificateOutlook(
            end: rules.certificateEnd, queued: queued, rate: rate,
            now: Date(timeIntervalSince1970: Double(clock.now) / 1_000))
        guard outlook.isTooShort else { return }
        let warning = CertificateOutlook.Warning(
            fingerprint: rules.provenance.certificateFingerprint, hasEnded: outlook.hasEnded)
        guard certificateWarnings.withLock({ $0.insert(warning).inserted }) else { return }
        log.warning(
            outlook.hasEnded
                ? "the client certificate has ended; every call will be refused"
                : "the client certificate ends before what waits would be done",
            metadata: [
                "ends": "\(NumberFormat.time(outlook.end))",
                "projected_end": "\(NumberFormat.time(outlook.projectedEnd))",
                "remedy": "renew it in the portal, put it in place, then send SIGHUP",
            ])
    }
}
