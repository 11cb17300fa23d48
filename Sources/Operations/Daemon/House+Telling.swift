import Basics
import Ingest
import JobRunner
import Logging
import RecordStore
import Settings

extension DaemonContext {
    /// Tells whoever a job names that something happened to one of its batches.
    func tell(
        _ event: Settings.Notification.Event, of batch: Batch, under job: JobDefinition?, reason: String? = nil,
        remedy: String? = nil, next: Hint? = nil, results: String? = nil, cost: String? = nil
    ) {
        let notice = BatchNotice(
            event, of: batch, at: clock.now, reason: reason, remedy: remedy, next: next, results: results,
            cost: cost)
        notifier.tell(notice, to: job?.notify ?? settings.notify)
    }

    /// Tells everybody who is told of anything that the database was restored from before, when that was found just now,
    /// or batches still wait because of it.
    ///
    /// - Throws: `StoreError` when the database could not be read.
    func reportRestore() throws {
        let hold = try store.restoreHold()
        guard let reason = RestoreText.warning(of: store.recovery) ?? hold?.text else { return }
        if let hold { log.warning("batches wait since a restore", metadata: ["reason": "\(hold.text)"]) }
        let next = hold == nil ? Hint.status() : .resumeAfterRestore
        let remedy =
            hold == nil
            ? "look at the records in doubt of the paused batches, which \(next) lists, then resume them"
            : "\(next) says what may be paid twice, and lets batches go on"
        let notice = BatchNotice(restored: reason, remedy: remedy, next: next, at: clock.now)
        var told: [Settings.Notification] = []
        for notification in [settings.notify] + rules.jobs.values.map(\.notify) {
            guard let notification, !told.contains(notification) else { continue }
            told.append(notification)
            notifier.tell(notice, to: notification)
        }
    }

    /// Tells that a job was due while nobody could start it.
    func notifyOfMissedRun(_ job: JobDefinition, due: Int64, count: Int, runsNow: Bool) {
        let notice = BatchNotice(missedBy: job.name, due: due, count: count, runsNow: runsNow, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
    }

    /// Logs and tells everybody that the daemon ends, because state can no longer be recorded or read.
    func notifyOfFailure(_ error: any Error) {
        let reason = OperationFailure(error).message
        log.critical("the daemon ends: nothing can be accounted for any more", metadata: ["reason": "\(reason)"])
        notifyAll(
            BatchNotice(
                .failed, at: clock.now, reason: reason,
                remedy: "do what the reason says; a service manager starts the daemon again (exit code "
                    + "\(ExitStatus.unfinished.rawValue)), calls that were under way are in doubt then"))
    }

    /// Logs and tells everybody that calls wait for room on the disk, or go on. Told from the store's thread, it returns at
    /// once.
    func tell(_ storage: StorageCondition) {
        switch storage {
        case .full:
            log.error(
                "the disk is full: no calls; what has to be written waits for room",
                metadata: Self.databaseDisk(settings))
            notifyAll(
                BatchNotice(
                    .diskFull, at: clock.now,
                    reason:
                        "the disk that holds the database is full: no calls are made, answers that came in are kept",
                    remedy: "make room on it; the daemon goes on by itself"))
        case .normal:
            attendance.excuse(until: clock.monotonic + Attendance.patience.nanoseconds)
            log.notice("the disk has room again: calls go on", metadata: Self.databaseDisk(settings))
            notifyAll(
                BatchNotice(.diskFreed, at: clock.now, reason: "the disk has room again: calls go on", remedy: nil))
        }
        batchWakeSignal.wakeUp()
    }

    private static func databaseDisk(_ settings: Settings) -> Logger.Metadata { ["database": "\(settings.database)"] }

    /// Tells whoever wants to know of anything, each command once: what concerns the daemon concerns every job.
    func notifyAll(_ notice: BatchNotice) {
        let rules = rules
        let jobs = rules.jobs.values.filter(\.isEnabled).sorted { $0.name < $1.name }
        var told = [Settings.Notification]()
        for notification in ([settings.notify] + jobs.map(\.notify)).compactMap(\.self)
        where !told.contains(where: { $0.command == notification.command }) {
            told.append(notification)
            notifier.tell(notice, to: notification)
        }
    }

    /// Tells that a file was not taken in.
    func notifyOfRejection(of error: InputError, under job: JobDefinition) {
        let notice = BatchNotice(rejectedBy: job.name, reason: error.description, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
    }
}
