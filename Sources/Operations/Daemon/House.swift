import Foundation
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import Settings
import Synchronization

/// What all parts of a daemon share: the database, the endpoint's traffic, the clock, and the rules of today.
final class House: Sendable {
    /// What can change while the daemon runs: settings, jobs, keys.
    struct Rules: Sendable {
        let place: Workplace
        let jobs: [String: JobDefinition]
        let provenance: Provenance
        /// When the client's certificate ends.
        let certificateEnd: Date
        /// When they were read, in milliseconds since 1970 UTC.
        let loadedAt: Int64

        /// Reads jobs and keys of a place.
        ///
        /// - Throws: `SettingsError` for the first job file that is wrong; `CredentialError`.
        init(_ place: Workplace, credentials: Credentials, at now: Int64) throws {
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
    struct Rhythm: Sendable {
        /// What other processes wrote into the database; nil: `daemon.poll`.
        var poll: Duration?
        /// Drop folders on network file systems, which tell nobody of changes.
        var folders = Duration.seconds(10)
        /// The texts beside files that are worked on.
        var news = Duration.seconds(2)
        /// The database's upkeep.
        var upkeep = Duration.seconds(600)
        /// Input files that could not be moved.
        var departures = Duration.seconds(60)
        /// That something can still be written: the runner's status, though nothing has changed.
        var proof = Duration.seconds(20)
        /// The wall clock, which may be set: schedules look at it at least so often.
        var wallClock = Duration.seconds(60)
    }

    let rhythm: Rhythm
    let notifier: Notifier
    let store: RecordStore
    let traffic: EndpointTraffic
    let client: CurrentClient
    let clock: any RunnerClock
    let log: Logger
    /// Raised when the daemon is to end.
    let stop: StopSignal
    let progress: ProgressBoard
    /// When each part shows up again.
    let attendance = Attendance()
    /// Wakes the loop that looks after batches.
    let batchBell = Doorbell()
    /// Wake those who keep jobs' drop folders, by the job's name.
    private let folderBells = Mutex<[String: Doorbell]>([:])
    private let current: Mutex<Rules>
    /// Batches that are over and whose files could not be let go yet.
    let departures = Departures()
    /// What has been said of the ends of client certificates.
    let certificateWarnings = Mutex<Set<CertificateOutlook.Warning>>([])

    init(
        store: RecordStore, rules: Rules, client: CurrentClient, traffic: EndpointTraffic, notifier: Notifier,
        stop: StopSignal, log: Logger, rhythm: Rhythm = Rhythm()
    ) {
        self.rhythm = rhythm
        self.notifier = notifier
        self.store = store
        self.client = client
        self.traffic = traffic
        self.stop = stop
        self.log = log
        clock = traffic.clock
        progress = ProgressBoard(clock: traffic.clock)
        current = Mutex(rules)
    }

    /// The rules of now.
    var rules: Rules {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    var settings: Settings { rules.place.settings }

    /// Wakes whoever keeps a job's drop folder.
    func folderBell(of job: String) -> Doorbell {
        folderBells.withLock { bells in
            let bell = bells[job] ?? Doorbell()
            bells[job] = bell
            return bell
        }
    }

    /// How often the database is looked at for what other processes wrote.
    var poll: Duration { rhythm.poll ?? settings.daemon.poll }

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
