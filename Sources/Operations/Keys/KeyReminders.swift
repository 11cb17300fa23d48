import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings

/// Logs and notifies that a key ends soon or has ended: once at each of `DatedKey.reminders` and once at its end, also
/// over restarts and for keys that are exchanged while the daemon runs.
struct KeyReminders: Service {
    static let name = "key reminders"
    private let store: RecordStore
    private let configuration: ConfigurationInForce
    private let notices: DaemonNotices
    private let attendance: Attendance
    private let clock: any RunnerClock
    private let log: Logger
    /// How often it looks.
    private let interval: Duration

    init(context: DaemonContext) {
        (store, configuration, notices) = (context.store, context.inForce, context.notices)
        (attendance, clock, log) = (context.attendance, context.clock, context.log)
        interval = context.intervals.keys
    }

    /// Looks at intervals, until it is cancelled.
    ///
    /// - Throws: `StoreError` when it could not be recorded that a reminder is sent; it is not sent then.
    func run() async throws {
        let wakeSignal = WakeSignal()
        while !Task.isCancelled {
            attendance.expect(Self.name)
            try await remind()
            attendance.expect(Self.name, after: interval)
            await wakeSignal.wait(for: interval, on: clock)
        }
    }

    private func remind() async throws {
        let now = clock.now
        let date = now.date
        for key in configuration.value.datedKeys {
            guard let days = key.reminder(at: date), let reason = key.notice(at: date),
                try await store.takeKeyReminder(of: key.fingerprint, days: days, at: now)
            else { continue }
            log.warning(
                days == 0 ? "a key has ended" : "a key ends soon",
                metadata: [
                    "key": "\(key.setting)", "subject": "\(key.subject)", "ends": "\(NumberFormat.time(key.end))",
                ])
            notices.notifyAll(
                BatchNotice(
                    .keyEnds, at: now, reason: reason,
                    remedy: "put the new one in place, then send SIGHUP; \(Hint.doctor) checks it",
                    next: .doctor))
        }
    }
}

/// Whether the client certificate stays valid as long as the queued work needs. A pure rule.
struct CertificateOutlook: Equatable {
    /// A warning about a certificate, given once.
    struct Warning: Hashable {
        let fingerprint: String
        let hasEnded: Bool
    }

    /// When the certificate ends.
    let end: Date
    /// When the queued work would be done.
    let projectedEnd: Date
    /// Whether it has ended already, so that every call will be refused.
    let hasEnded: Bool

    /// Looks ahead.
    ///
    /// - Parameters:
    ///   - end: When the certificate ends.
    ///   - queued: Records in the queue.
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

/// The warning before a batch during which the client certificate expires. A pure rule.
enum CertificateNotice {
    /// The warning before a batch.
    ///
    /// - Parameters:
    ///   - end: The certificate's end.
    ///   - queued: Records to send.
    ///   - rate: Calls per second.
    ///   - now: The time.
    /// - Returns: One line; nil if the certificate stays valid long enough.
    static func text(end: Date, queued: Int, rate: Double, now: Date) -> String? {
        let outlook = CertificateOutlook(end: end, queued: queued, rate: rate, now: now)
        guard outlook.isTooShort else { return nil }
        return "warning: the client certificate ends \(NumberFormat.time(end)), before this batch's projected end "
            + "\(NumberFormat.time(outlook.projectedEnd)); renew it in the portal"
    }
}

extension DaemonContext {
    /// Warns where the client's certificate expires before all queued records would be sent.
    func warnOfCertificateEnd() async {
        // Only this warning depends on the list, and it is no reason to end the daemon.
        let waiting = (try? await store.unfinishedBatches()) ?? []
        warnOfCertificateEnd(before: waiting.reduce(0) { $0 + $1.counts.queued }, at: settings.limits.rate)
    }

    /// Warns where the client's certificate expires before this many records would be sent at this rate (calls per
    /// second): once for each certificate, and once more when it has expired.
    func warnOfCertificateEnd(before queued: Int, at rate: Double) {
        let rules = configuration
        let outlook = CertificateOutlook(
            end: rules.certificateEnd, queued: queued, rate: rate,
            now: clock.now.date)
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
