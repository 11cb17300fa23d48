import Foundation
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import Settings
import Synchronization

/// What all parts of a daemon share: the database, the endpoint's traffic, the clock, and the rules of today.
final class DaemonContext: Sendable {
    /// What can change while the daemon runs: settings, jobs, keys.
    struct Rules: Sendable {
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

    /// How often what cannot be waited for is looked at.
    struct PollingIntervals: Sendable {
        /// What other processes wrote into the database; nil: `daemon.poll`.
        var poll: Duration?
        /// Drop folders on network file systems, which tell nobody of changes.
        var folders = Duration.seconds(10)
        /// The texts beside files that are worked on.
        var statusWriter = Duration.seconds(2)
        /// The database's upkeep.
        var maintenance = Duration.seconds(600)
        /// Input files that could not be moved.
        var pendingReleases = Duration.seconds(60)
        /// That something can still be written: the runner's status, though nothing has changed.
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
    /// When each part shows up again.
    let attendance = Attendance()
    /// Wakes the loop that looks after batches.
    let batchWakeSignal = WakeSignal()
    /// Wake those who keep jobs' drop folders, by the job's name.
    private let folderWakeSignals = Mutex<[String: WakeSignal]>([:])
    private let current: Mutex<Rules>
    /// Batches that are over and whose files could not be let go yet.
    let pendingReleases = PendingFileReleases()
    /// What has been said of the ends of client certificates.
    let certificateWarnings = Mutex<Set<CertificateOutlook.Warning>>([])

    init(
        store: RecordStore, rules: Rules, client: ReloadableClient, traffic: EndpointTraffic, notifier: Notifier,
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
        current = Mutex(rules)
    }

    /// The rules of now.
    var rules: Rules {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    var settings: Settings { rules.place.settings }

    /// Wakes whoever keeps a job's drop folder.
    func folderWakeSignal(of job: String) -> WakeSignal {
        folderWakeSignals.withLock { wakeSignals in
            let wakeSignal = wakeSignals[job] ?? WakeSignal()
            wakeSignals[job] = wakeSignal
            return wakeSignal
        }
    }

    /// How often the database is looked at for what other processes wrote.
    var poll: Duration { intervals.poll ?? settings.daemon.poll }

    /// Makes calls go through a client with the keys that lie in the settings' files now.
    ///
    /// - Throws: `CredentialError` naming the key that can't be used; the client of before then stays.
    func renewKeys() async throws {
        let place = rules.place
        let credentials = try place.credentials()
        await client.exchange(for: try place.client(credentials, concurrency: settings.limits.concurrency))
        traffic.requireProof()
    }
}
