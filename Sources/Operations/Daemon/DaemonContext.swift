import Basics
import Foundation
import IdentityInsightsClient
import Ingest
import JobRunner
import Logging
import RecordStore
import Results
import Settings
import Synchronization

/// What all parts of a daemon share: the database, the endpoint's traffic, the clock, and the configuration in force.
final class DaemonContext: Sendable {
    /// What can change while the daemon runs: settings, jobs, keys.
    struct LiveConfiguration: Sendable {
        let place: Installation
        let jobs: [String: JobDefinition]
        let provenance: Provenance
        /// When the client's certificate ends.
        let certificateEnd: Date
        /// When they were read, in milliseconds since 1970 UTC.
        let loadedAt: Int64

        /// Reads jobs and keys of a place.
        ///
        /// - Throws: `SettingsError` for the first job file that is wrong; `CredentialError`.
        init(_ place: Installation, credentials: Credentials, at now: Int64) throws {
            self.place = place
            jobs = try Dictionary(
                JobDefinition.all(in: place.settings).map { ($0.name, try $0.result.get()) }, uniquingKeysWith: { $1 })
            provenance = try place.provenance(credentials)
            certificateEnd = credentials.certificateEnd
            loadedAt = now
        }

        /// The job a batch was taken in under; nil when its file is gone.
        func job(named name: String) -> JobDefinition? {
            name == JobDefinition.unnamed ? JobDefinition(unnamedWith: place.settings) : jobs[name]
        }
    }

    /// How often to poll for what gives no signal.
    struct PollingIntervals: Sendable {
        /// What other processes wrote into the database; nil: `daemon.poll`.
        var poll: Duration?
        /// Drop folders on network file systems, which do not report changes.
        var folders = Duration.seconds(10)
        /// The status texts beside files being worked on.
        var statusWriter = Duration.seconds(2)
        /// The database's maintenance.
        var maintenance = Duration.seconds(600)
        /// Input files that could not be moved.
        var pendingReleases = Duration.seconds(60)
        /// Proof that the database can still be written: the runner's status, even if nothing has changed.
        var proof = Duration.seconds(20)
        /// The wall clock, which may be set: schedules look at it at least so often.
        var wallClock = Duration.seconds(60)
    }

    let intervals: PollingIntervals
    let notifier: Notifier
    let store: RecordStore
    let traffic: EndpointTraffic
    let client: ReloadableClient
    let clock: any RunnerClock
    let log: Logger
    /// Raised when the daemon is to end.
    let stop: StopSignal
    let progress: ProgressRegistry
    /// When each part will report again.
    let attendance = Attendance()
    /// Wakes the batch supervisor's loop.
    let batchWakeSignal = WakeSignal()
    /// Wake the watchers of jobs' drop folders, by the job's name.
    private let folderWakeSignals = Mutex<[String: WakeSignal]>([:])
    private let current: Mutex<LiveConfiguration>
    /// Batches that are over but whose files could not be released yet.
    let pendingReleases = PendingFileReleases()
    /// The warnings already given about the ends of client certificates.
    let certificateWarnings = Mutex<Set<CertificateOutlook.Warning>>([])

    init(
        store: RecordStore, configuration: LiveConfiguration, client: ReloadableClient, traffic: EndpointTraffic,
        notifier: Notifier,
        stop: StopSignal, log: Logger, intervals: PollingIntervals = PollingIntervals()
    ) {
        self.intervals = intervals
        self.notifier = notifier
        self.store = store
        self.client = client
        self.traffic = traffic
        self.stop = stop
        self.log = log
        clock = traffic.clock
        progress = ProgressRegistry(clock: traffic.clock)
        current = Mutex(configuration)
    }

    /// The configuration in force.
    var configuration: LiveConfiguration {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    var settings: Settings { configuration.place.settings }

    /// The signal that wakes the watcher of a job's drop folder.
    func folderWakeSignal(of job: String) -> WakeSignal {
        folderWakeSignals.withLock { wakeSignals in
            let wakeSignal = wakeSignals[job] ?? WakeSignal()
            wakeSignals[job] = wakeSignal
            return wakeSignal
        }
    }

    /// How often the database is looked at for what other processes wrote.
    var poll: Duration { intervals.poll ?? settings.daemon.poll }

    /// Exchanges the client for one with the keys that are in the settings' files now.
    ///
    /// - Throws: `CredentialError` naming the key that can't be used; the previous client then stays.
    func renewKeys() async throws {
        let place = configuration.place
        let concurrency = settings.limits.concurrency
        let renewed = try await BlockingWork.run {
            try place.client(place.credentials(), concurrency: concurrency)
        }
        await client.exchange(for: renewed)
        traffic.requireProof()
    }
}

extension DaemonContext {
    /// Reads keys and jobs, opens the database as its runner and makes the client; calls nothing.
    ///
    /// - Throws: What is wrong with settings, jobs or keys; `StoreError`, above all if another process runs the
    ///   database.
    static func opened(
        _ place: Installation, environment: [String: String], log: Logger, clock: any RunnerClock = SystemClock(),
        intervals: PollingIntervals = PollingIntervals()
    ) throws -> DaemonContext {
        let credentials = try place.credentials()
        let configuration = try LiveConfiguration(place, credentials: credentials, at: clock.now)
        let client = try place.client(credentials, concurrency: place.settings.limits.concurrency)
        let store = try place.storeForRunning(configuration.provenance)
        let folder = URL(filePath: place.settings.path).deletingLastPathComponent().path
        return DaemonContext(
            store: store, configuration: configuration, client: ReloadableClient(client),
            traffic: EndpointTraffic(configuration: RunnerConfiguration(daemonOf: place.settings), clock: clock),
            notifier: Notifier(folder: folder, environment: environment, clock: clock, log: log), stop: StopSignal(),
            log: log, intervals: intervals)
    }

    /// Logs what was found at start.
    func logStart() {
        let found = store.recovery
        if found.openAttempts > 0 {
            log.warning(
                "the last run ended with calls under way; they are in doubt now",
                metadata: ["calls": "\(found.openAttempts)"])
        }
        if found.unknownBecause != nil || found.lostAttempts > 0 {
            log.warning(
                "the database was restored from an earlier copy; its unfinished batches are paused",
                metadata: [
                    "unknown_calls": "\(found.unknownBecause == nil ? String(found.lostAttempts) : "nobody knows")",
                    "records_in_doubt": "\(found.doubtedRecords)", "batches": "\(found.pausedBatches.count)",
                ])
        }
        warnOfCertificateEnd()
        log.notice(
            "the daemon is up",
            metadata: [
                "process": "\(getpid())", "version": "\(Version.current)", "settings": "\(settings.path)",
                "jobs": "\(configuration.jobs.values.count(where: \.isEnabled))",
            ])
    }
}

extension DaemonContext {
    /// What a batch's calls cost by the price list in force.
    ///
    /// - Throws: `StoreError` when the ledger cannot be read.
    func cost(of batch: Batch) throws -> Cost {
        Cost.share(of: try store.ledgerDays(inMonthsOf: batch.id), pricing: configuration.place.pricing) {
            $0.batch == batch.id
        }
    }

    /// Runs a job's notification command for an event of one of its batches.
    func tell(
        _ event: Settings.Notification.Event, of batch: Batch, under job: JobDefinition?, reason: String? = nil,
        remedy: String? = nil, next: Hint? = nil, results: String? = nil, cost: Cost? = nil
    ) {
        let notice = BatchNotice(
            event, of: batch, at: clock.now, reason: reason, remedy: remedy, next: next, results: results,
            cost: cost)
        notifier.tell(notice, to: job?.notify ?? settings.notify)
    }

    /// Runs all notification commands if the database was just found to be restored from an earlier copy, or if batches
    /// still wait because of that.
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
        for notification in [settings.notify] + configuration.jobs.values.map(\.notify) {
            guard let notification, !told.contains(notification) else { continue }
            told.append(notification)
            notifier.tell(notice, to: notification)
        }
    }

    /// Notifies that a job was due while no daemon could start it.
    func notifyOfMissedRun(_ job: JobDefinition, due: Int64, count: Int, runsNow: Bool) {
        let notice = BatchNotice(missedBy: job.name, due: due, count: count, runsNow: runsNow, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
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

    /// Runs every notification command once: what concerns the daemon concerns every job.
    func notifyAll(_ notice: BatchNotice) {
        let configuration = configuration
        let jobs = configuration.jobs.values.filter(\.isEnabled).sorted { $0.name < $1.name }
        var told = [Settings.Notification]()
        for notification in ([settings.notify] + jobs.map(\.notify)).compactMap(\.self)
        where !told.contains(where: { $0.command == notification.command }) {
            told.append(notification)
            notifier.tell(notice, to: notification)
        }
    }

    /// Notifies that a file was not taken in.
    func notifyOfRejection(of error: InputError, under job: JobDefinition) {
        let notice = BatchNotice(rejectedBy: job.name, reason: error.description, at: clock.now)
        notifier.tell(notice, to: job.notify ?? settings.notify)
    }
}
