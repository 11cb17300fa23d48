import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// What a daemon notifies about: which commands learn of an event, and in which words.
struct DaemonNotices: Sendable {
    let notifier: Notifier
    let configuration: ConfigurationInForce
    let clock: any RunnerClock
    let log: Logger
    /// The last things that were told.
    let recent = RecentNotices()

    private var settings: Settings { configuration.settings }

    /// Runs a job's notification command for an event of one of its batches.
    func notify(
        _ event: Settings.Notification.Event, of batch: Batch, under job: JobDefinition?, reason: String? = nil,
        remedy: String? = nil, next: Hint? = nil, results: String? = nil, cost: Cost? = nil
    ) {
        let notice = BatchNotice(
            event, of: batch, at: clock.now, reason: reason, remedy: remedy, next: next, results: results,
            cost: cost)
        recent.add(notice)
        notifier.enqueue(notice, to: job?.notify ?? settings.notify)
    }

    /// Runs all notification commands if the database was just found to be restored from an earlier copy, or if batches
    /// still wait because of that.
    ///
    /// - Throws: `StoreError` when the database could not be read.
    func notifyOfRestore(of store: RecordStore) async throws {
        let hold = try await store.restoreHold()
        guard let reason = RestoreText.warning(of: store.recovery) ?? hold?.text else { return }
        if let hold { log.warning("batches wait since a restore", metadata: ["reason": "\(hold.text)"]) }
        let next = hold == nil ? Hint.status() : .resumeAfterRestore
        let remedy =
            hold == nil
            ? "look at the records in doubt of the paused batches, which \(next) lists, then resume them"
            : "\(next) says what may be paid twice, and lets batches continue"
        let notice = BatchNotice(restored: reason, remedy: remedy, next: next, at: clock.now)
        recent.add(notice)
        var told: [Settings.Notification] = []
        for notification in [settings.notify] + configuration.value.jobs.values.map(\.notify) {
            guard let notification, !told.contains(notification) else { continue }
            told.append(notification)
            notifier.enqueue(notice, to: notification)
        }
    }

    /// Notifies that a job was due while no daemon could start it.
    func notifyOfMissedRun(_ job: JobDefinition, due: WallTime, count: Int, runsNow: Bool) {
        let notice = BatchNotice(missedBy: job.name, due: due, count: count, runsNow: runsNow, at: clock.now)
        recent.add(notice)
        notifier.enqueue(notice, to: job.notify ?? settings.notify)
    }

    /// Logs and notifies all commands that the daemon ends, because state can no longer be recorded or read.
    func notifyOfFailure(_ error: any Error) {
        let reason = OperationFailure(error).message
        log.critical("the daemon ends: nothing can be accounted for any more", metadata: ["reason": "\(reason)"])
        notifyAll(
            BatchNotice(
                .failed, at: clock.now, reason: reason,
                remedy: "do what the reason says; a service manager starts the daemon again (exit code "
                    + "\(ExitStatus.unfinished.rawValue)), calls that were under way are in doubt then"))
    }

    /// Logs and notifies all commands that calls wait for space on the disk, or continue. Called on the store's thread;
    /// returns at once.
    func notify(of storage: StorageCondition) {
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
                    remedy: "make room on it; the daemon continues by itself"))
        case .normal:
            log.notice("the disk has room again: calls continue", metadata: Self.databaseDisk(settings))
            notifyAll(
                BatchNotice(.diskFreed, at: clock.now, reason: "the disk has room again: calls continue", remedy: nil))
        }
    }

    private static func databaseDisk(_ settings: Settings) -> Logger.Metadata { ["database": "\(settings.database)"] }

    /// Runs every notification command once: what concerns the daemon concerns every job.
    func notifyAll(_ notice: BatchNotice) {
        recent.add(notice)
        let configuration = configuration.value
        let jobs = configuration.jobs.values.filter(\.isEnabled).sorted { $0.name < $1.name }
        var told = [Settings.Notification]()
        for notification in ([configuration.place.settings.notify] + jobs.map(\.notify)).compactMap(\.self)
        where !told.contains(where: { $0.target == notification.target }) {
            told.append(notification)
            notifier.enqueue(notice, to: notification)
        }
    }

    /// Notifies that no calls are made for a while, or that they are again.
    ///
    /// - Parameters:
    ///   - event: Which of the two.
    ///   - store: Where it is read what waits, and what this month's calls cost.
    /// - Throws: `StoreError` when that cannot be read.
    func notify(of event: GateReminder.Event, reading store: RecordStore) async throws {
        switch event {
        case .closed(let since, let reason):
            let now = clock.now
            let month = try await store.calls(inMonthOf: CallDay(at: now, in: settings.limits.timeZone))
            let cost = configuration.value.place.pricing.map { pricing in
                let spent = pricing.cost(ofCalls: month.billable, already: 0)
                return Cost.known(currency: pricing.currency, certain: spent, atMost: spent)
            }
            notifyAll(
                BatchNotice(
                    closedSince: since, because: reason, try await store.unfinishedBatches(), cost: cost, at: now))
        case .opened:
            notifyAll(BatchNotice(.gateOpened, at: clock.now, reason: "calls are made again", remedy: nil))
        }
    }

    /// Notifies that the disk that holds the database has little room left.
    func notifyOfLowDisk(_ finding: Finding) {
        notifyAll(
            BatchNotice(
                .diskLow, at: clock.now, reason: finding.message,
                remedy: "make room on it: when it is full no calls are made until there is room again", next: .doctor))
    }

    /// Notifies that settings, jobs or keys are wrong and the former ones stay.
    func notifyOfReload(failedBecause reason: String) {
        notifyAll(
            BatchNotice(
                .reloadFailed, at: clock.now, reason: "nothing was changed: \(reason)",
                remedy: "correct that, then send SIGHUP again", next: .doctor))
    }

    /// Notifies that a job was due and there was no file for it.
    func notifyOfMissingFile(for job: JobDefinition) {
        let notice = BatchNotice(
            noFileFor: job.name, source: job.source.glob ?? job.source.path ?? "its folder", at: clock.now)
        recent.add(notice)
        notifier.enqueue(notice, to: job.notify ?? settings.notify)
    }

    /// Notifies that a file, which lies at `path` now if that is known, was not taken in.
    func notifyOfRejection(of error: InputError, at path: String?, under job: JobDefinition) {
        let notice = BatchNotice(rejectedBy: job.name, path, because: error, at: clock.now)
        recent.add(notice)
        notifier.enqueue(notice, to: job.notify ?? settings.notify)
    }
}

/// When to tell that the disk that holds the database has little room left. A pure rule: it is told once, and again only
/// after there was room in between.
struct DiskReminder: Sendable, Equatable {
    /// How often the disk is looked at.
    static let interval = Duration.seconds(60)

    private var isTold = false
    private var lookedAt: MonotonicTime?

    /// Whether it is time to look.
    func isDue(at now: MonotonicTime) -> Bool { lookedAt.map { now - $0 >= Self.interval } ?? true }

    /// Takes how much room there is.
    ///
    /// - Parameters:
    ///   - free: The free bytes; nil: that is unknown, and changes nothing.
    ///   - now: When it was looked at.
    /// - Returns: Whether that is to be told.
    mutating func take(free: Int?, at now: MonotonicTime) -> Bool {
        lookedAt = now
        guard let free else { return false }
        let (isLow, wasTold) = (free < StorageChecks.alarmingSpace, isTold)
        isTold = isLow
        return isLow && !wasTold
    }
}

/// When to tell that no calls are made, and that they are again. A pure rule: a closure is told once, after a while, and
/// its end only where it was told.
struct GateReminder: Sendable, Equatable {
    private var isTold = false

    /// What is to be told now.
    enum Event: Equatable {
        /// No calls are made since a time, for a reason.
        case closed(since: WallTime, reason: String?)
        case opened
    }

    /// Looks at the gate.
    ///
    /// - Parameters:
    ///   - gate: How it stands.
    ///   - after: How long it is closed before that is told.
    ///   - now: The time.
    /// - Returns: What is to be told; nil: nothing.
    mutating func look(at gate: RunnerStatus.Gate, after: Duration, now: WallTime) -> Event? {
        switch gate {
        case .open:
            defer { isTold = false }
            return isTold ? .opened : nil
        case .closed(let reason, let since, _, _):
            guard !isTold, now - since >= after else { return nil }
            isTold = true
            return .closed(since: since, reason: reason)
        case .halted:
            // Each batch that halts tells of it.
            return nil
        }
    }
}
