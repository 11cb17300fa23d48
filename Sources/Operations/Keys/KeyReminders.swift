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
