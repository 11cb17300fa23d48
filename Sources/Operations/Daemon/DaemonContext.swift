import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// What all parts of a daemon share: the database, the endpoint's traffic, the clock, and the configuration in force.
final class DaemonContext: Sendable {
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
        /// Whether a day has begun on which what is older than its retention is to be erased.
        var retention = Duration.seconds(600)
        /// The ends of the keys.
        var keys = Duration.seconds(600)
        /// Input files that could not be moved.
        var pendingReleases = Duration.seconds(60)
        /// Proof that the database can still be written: the runner's status, even if nothing has changed.
        var proof = Duration.seconds(20)
        /// Whether nodes have ended that share their folders with this one, which goes on with what they had begun.
        var otherNodes = Duration.seconds(5)
        /// The wall clock, which may be set: schedules look at it at least so often.
        var wallClock = Duration.seconds(60)
    }

    let intervals: PollingIntervals
    let inForce: ConfigurationInForce
    let notices: DaemonNotices
    let store: RecordStore
    let traffic: EndpointTraffic
    let client: ReloadableClient
    let clock: any RunnerClock
    /// When the daemon began.
    let startedAt: WallTime
    let log: Logger
    /// How ``log`` writes, which the settings say.
    let logging: LoggingInForce
    /// Raised when the daemon is to end.
    let stop: StopSignal
    let progress: ProgressRegistry
    /// When each part will report again.
    let attendance: Attendance
    /// Wakes the batch supervisor's loop.
    let batchWakeSignal = WakeSignal()
    /// Wake the watchers of jobs' drop folders, by the job's name.
    private let folderWakeSignals = Lock<[String: WakeSignal]>([:])
    /// Batches that are over but whose files could not be released yet.
    let pendingReleases = PendingFileReleases()
    /// The warnings already given about the ends of client certificates.
    let certificateWarnings = Lock<Set<CertificateOutlook.Warning>>([])

    init(
        store: RecordStore, configuration: LiveConfiguration, client: ReloadableClient, traffic: EndpointTraffic,
        notifier: Notifier,
        stop: StopSignal, log: Logger, logging: LoggingInForce? = nil, intervals: PollingIntervals = PollingIntervals()
    ) {
        self.intervals = intervals
        self.logging = logging ?? LoggingInForce(configuration.place.settings.log)
        inForce = ConfigurationInForce(configuration)
        notices = DaemonNotices(notifier: notifier, configuration: inForce, clock: traffic.clock, log: log)
        attendance = Attendance(clock: traffic.clock)
        self.store = store
        self.client = client
        self.traffic = traffic
        self.stop = stop
        self.log = log
        clock = traffic.clock
        startedAt = traffic.clock.now
        progress = ProgressRegistry(clock: traffic.clock)
    }

    var configuration: LiveConfiguration { inForce.value }

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
        await exchangeClient(for: renewed)
    }

    /// Sends all calls from now on through another client, one at a time until an answer was read; calls under way end
    /// with the keys they began with.
    func exchangeClient(for renewed: IdentityInsightsClient) async {
        await client.exchange(for: renewed) { [log] in
            // Only now may a key be revoked in the portal.
            log.notice("no call uses the keys read before any more")
        }
        traffic.requireProof()
    }
}

extension DaemonContext {
    /// Notifies that calls wait for space on the disk, or continue. Called on the store's thread; returns at once.
    func report(_ storage: StorageCondition) {
        // What kept the parts waiting is over.
        if storage == .normal { attendance.excuse() }
        notices.notify(of: storage)
        batchWakeSignal.wakeUp()
    }

    /// Reads keys and jobs, opens the database as its runner and makes the client; calls nothing.
    ///
    /// - Throws: What is wrong with settings, jobs or keys; `StoreError`, above all if another process runs the
    ///   database.
    static func opened(
        _ place: Installation, environment: [String: String], log: Logger, logging: LoggingInForce? = nil,
        clock: any RunnerClock = SystemClock(), intervals: PollingIntervals = PollingIntervals()
    ) async throws -> DaemonContext {
        let credentials = try place.credentials()
        let configuration = try LiveConfiguration(place, credentials: credentials, at: clock.now)
        let client = try place.client(credentials, concurrency: place.settings.limits.concurrency)
        let store = try await place.storeForRunning(configuration.provenance)
        let folder = URL(filePath: place.settings.path).deletingLastPathComponent().path
        return DaemonContext(
            store: store, configuration: configuration, client: ReloadableClient(client),
            traffic: EndpointTraffic(
                configuration: RunnerConfiguration(daemonOf: place.settings, jobs: configuration.jobs.values),
                clock: clock),
            notifier: Notifier(folder: folder, environment: environment, clock: clock, log: log), stop: StopSignal(),
            log: log, logging: logging, intervals: intervals)
    }

    /// Logs what was found at start.
    func logStart() async {
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
        logNodes(found)
        await logMissingKeys()
        await warnOfCertificateEnd()
        log.notice(
            "the daemon is up",
            metadata: [
                "process": "\(getpid())", "version": "\(Version.current)", "settings": "\(settings.path)",
                "jobs": "\(configuration.jobs.values.count(where: \.isEnabled))",
            ])
    }
}

extension DaemonContext {
    /// Logs what concerns one of several runners.
    private func logNodes(_ found: RecoveryReport) {
        if found.deliveredEnds > 0 {
            log.notice(
                "answers that could not be stored before are stored now", metadata: ["calls": "\(found.deliveredEnds)"])
        }
        guard !found.awaitedNodes.isEmpty else { return }
        log.warning(
            "the database's server was replaced: nothing is sent before these nodes have been started once, or are retired",
            metadata: ["nodes": "\(found.awaitedNodes.joined(separator: " "))"])
    }

    /// Logs which months' keys another node made and this one lacks.
    private func logMissingKeys() async {
        do {
            let files = try await store.periodKeysElsewhere()
            guard !files.isEmpty else { return }
            log.warning(
                "keys of months that another node made are missing here: nothing of those is taken in or sent",
                metadata: [
                    "files": "\(files.joined(separator: " "))", "folder": "\(configuration.place.settings.keysFolder)",
                ])
        } catch {
            log.warning(
                "the keys of months could not be looked at", metadata: ["reason": "\(OperationFailure(error).message)"])
        }
    }

    /// What a batch's calls cost by the price list in force.
    ///
    /// - Throws: `StoreError` when the ledger cannot be read.
    func cost(of batch: Batch) async throws -> Cost {
        await Cost.share(of: try store.ledgerDays(inMonthsOf: batch.id), pricing: configuration.place.pricing) {
            $0.batch == batch.id
        }
    }
}
