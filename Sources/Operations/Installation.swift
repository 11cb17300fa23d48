import Basics
import CPlatform
import Foundation
import IdentityInsightsClient
import RecordStore
import Results
import Settings

/// One installation as the settings describe it; opens what a command needs, when it needs it.
struct Installation: Sendable {
    let settings: Settings

    init(config: String) throws {
        settings = try Settings.load(path: config, environment: ProcessInfo.processInfo.environment)
    }

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// The job of that name or file; without one, known column names under the settings as they are.
    func job(_ name: String?) throws -> JobDefinition {
        guard let name else { return JobDefinition(unnamedWith: settings) }
        let isFile = name.contains("/") || name.hasSuffix(".yaml")
        return isFile
            ? try JobDefinition.load(path: name, over: settings) : try JobDefinition.load(named: name, over: settings)
    }

    func credentials() throws -> Credentials {
        try Credentials(reading: settings.api.credentialFiles)
    }

    /// What the administration shows itself with; nil where it speaks without TLS, or nothing listens.
    ///
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    func serverCertificate() throws -> ServerCertificate? {
        try settings.administration?.tls.map { try ServerCertificate(certificate: $0.certificate, key: $0.key) }
    }

    func client(_ credentials: Credentials, concurrency: Int) throws -> IdentityInsightsClient {
        try IdentityInsightsClient(endpoint: settings.api.endpoint(concurrency: concurrency), credentials: credentials)
    }

    func provenance(_ credentials: Credentials) throws -> Provenance {
        try Provenance(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName, version: Version.current,
            settings: settings.canonicalDescription, endpoint: settings.api.baseURL, keyID: credentials.keyID,
            certificateFingerprint: credentials.certificateFingerprint)
    }

    var database: StoreDescription {
        StoreDescription(
            engine: settings.isOnPostgreSQL
                ? .postgreSQL(url: settings.database, passwordFile: settings.databasePasswordFile)
                : .sqlite(path: settings.database),
            sealingKey: settings.sealingKey, keysFolder: settings.keysFolder, endpoint: settings.api.baseURL,
            timeZone: settings.limits.timeZone,
            node: settings.isOnPostgreSQL
                ? NodeDescription(
                    name: settings.node.name, folder: settings.node.folder, rate: settings.limits.rate,
                    longestCall: settings.api.requestTimeout + .seconds(5),
                    wantsStandby: settings.databaseDurability == .synchronous,
                    sharesFolders: settings.sharesFolders) : nil)
    }

    /// Refuses what is done with the database's file only.
    ///
    /// - Parameter what: What it is, as a command's name or a setting.
    /// - Throws: `OperationFailure` (78) where the database is PostgreSQL's.
    func requireFile(for what: String) throws {
        guard settings.isOnPostgreSQL else { return }
        throw OperationFailure(
            .configuration,
            "\(what) is not offered on PostgreSQL: its own tools copy a database and put it back, such as pg_dump "
                + "--schema=rollcall, pg_basebackup or continuous archiving; copy keys_folder, sealing_key and each "
                + "node.folder apart from it")
    }

    /// Opens the database as its one runner: takes the lock, migrates, puts in doubt what a crash left open.
    func storeForRunning(_ provenance: Provenance) async throws -> RecordStore {
        try await database.openForRunning(provenance)
    }

    /// Opens the database beside the process that runs it.
    func storeForReading() async throws -> RecordStore {
        guard try await database.exists() else { throw noDatabase }
        return try await database.openForReading()
    }

    /// Reads the database beside the process that runs it, and closes it whatever comes of that.
    ///
    /// - Throws: `OperationFailure` (78) if there is no database yet; `StoreError`; what `body` throws.
    func reading<Value>(_ body: (RecordStore) async throws -> Value) async throws -> Value {
        let store = try await storeForReading()
        return try await store.closing { try await body(store) }
    }
}

extension RecordStore {
    /// Does something with the database, which is closed whatever comes of it.
    ///
    /// - Throws: What `body` throws; `StoreError` when the database cannot be closed after it.
    func closing<Value>(after body: () async throws -> Value) async throws -> Value {
        let value: Value
        do {
            value = try await body()
        } catch {
            // What went wrong first is told.
            try? await close()
            throw error
        }
        try await close()
        return value
    }

    /// The batch of that name or number.
    func batchOrFailure(_ name: String) async throws -> Batch {
        guard let batch = try await batch(named: name) else {
            throw OperationFailure(.usage, "there is no batch '\(name)'; \(Hint.status()) lists them")
        }
        return batch
    }
}

extension Settings.API {
    var credentialFiles: CredentialFiles {
        CredentialFiles(
            clientCertificate: clientCertificate, clientKey: clientKey,
            clientKeyPassword: (clientKeyPassword ?? clientCertificatePassword)?.revealed,
            caCertificates: caCertificates,
            encryptionKey: encryptionKey, encryptionKeyID: encryptionKeyID,
            decryptionKeys: decryptionKeys.map { .init(path: $0.file, password: $0.password?.revealed) })
    }

    func endpoint(concurrency: Int) -> Endpoint {
        Endpoint(
            baseURL: baseURL, requestTimeout: requestTimeout, connectTimeout: connectTimeout, proxy: proxy?.revealed,
            concurrency: concurrency)
    }
}

extension Installation {
    /// The job a batch was taken in under; where its file is not in the jobs' folder, the settings alone, which is
    /// reported on the console.
    func job(of batch: Batch, console: Console) throws -> JobDefinition {
        guard !knowsJob(batch.job) else { return try job(batch.job == JobDefinition.unnamed ? nil : batch.job) }
        console.note("there is no job '\(batch.job)' in \(settings.jobs); the settings alone apply to \(batch.name)")
        return JobDefinition(unnamedWith: settings)
    }

    /// Where a batch's results go; for a batch whose job is gone or cannot be read, where those without a job go.
    func resultsPlace(of batch: Batch) -> ResultsLocation {
        ResultsLocation(jobOrSettings(of: batch), settings: settings)
    }

    /// The job a batch was taken in under; the settings alone where its file is gone or cannot be read.
    func jobOrSettings(of batch: Batch) -> JobDefinition {
        // An invalid job file must not prevent reading; 'jobs check' says what is wrong with it.
        (try? job(batch.job == JobDefinition.unnamed ? nil : batch.job)) ?? JobDefinition(unnamedWith: settings)
    }

    /// Whether a daemon finds the job of that name.
    func knowsJob(_ name: String) -> Bool {
        name == JobDefinition.unnamed || FileManager.default.fileExists(atPath: "\(settings.jobs)/\(name).yaml")
    }

    /// The job of that name or file, for a daemon to run.
    ///
    /// - Throws: `OperationFailure` (78) for a file outside the jobs' folder, which no daemon reads; `SettingsError`.
    func jobForDaemon(_ name: String?) throws -> JobDefinition {
        let job = try job(name)
        guard let name, name.hasSuffix(".yaml") || name.contains("/") else { return job }
        let folder = URL(filePath: name).deletingLastPathComponent()
        guard Self.place(of: folder) == Self.place(of: URL(filePath: settings.jobs)) else {
            throw OperationFailure(
                .configuration,
                "\(name): a daemon runs the jobs of \(settings.jobs) only; move the file there, or run the files with this "
                    + "job while no daemon runs")
        }
        return job
    }

    private static func place(of folder: URL) -> String { folder.standardizedFileURL.resolvingSymlinksInPath().path }
}

extension Installation {
    /// The settings' price list, in Results' types; nil if none is given.
    var pricing: Pricing? { Pricing(settings) }
}

extension Pricing {
    /// The price list of settings; nil if they have none.
    init?(_ settings: Settings) {
        guard let pricing = settings.pricing else { return nil }
        self.init(
            currency: pricing.currency, tiers: pricing.tiers.map { Pricing.Tier(upTo: $0.upTo, each: $0.each) })
    }
}

extension Installation {
    /// Which process runs a database.
    enum Runner: Equatable {
        case nobody
        case run(Int32)
        case daemon(Int32)
    }

    /// Which process runs the database now.
    ///
    /// - Throws: `StoreError` when the lock cannot be looked at.
    func runner() async throws -> Runner {
        guard let process = try await database.runnerProcess() else { return .nobody }
        // Where its status cannot be read it counts as a run, which nothing is handed over to.
        guard let store = try? await storeForReading() else { return .run(process) }
        let status = try? await store.runnerStatus()
        // It was read from, which is all there was to do.
        try? await store.close()
        return status.map { $0.process == process && $0.isDaemon } ?? false ? .daemon(process) : .run(process)
    }

    /// What the runner has published about the disk that holds the database; normal where no process runs it.
    ///
    /// - Throws: `StoreError` when the lock cannot be looked at.
    func storage() async throws -> StorageCondition { try await database.storageCondition() }

    /// Makes the database and its sealing key where there are none yet.
    func makeDatabaseIfMissing() async throws {
        guard try await !database.exists() else { return }
        try await storeForRunning(provenance(credentials())).close()
    }

    /// Opens the database to write beside its runner.
    func storeForOperating() async throws -> RecordStore {
        guard try await database.exists() else { throw noDatabase }
        return try await database.openForOperating()
    }

    var noDatabase: OperationFailure {
        OperationFailure(
            .configuration,
            "\(settings.isOnPostgreSQL ? "PostgreSQL" : settings.database): there is no database yet; the first run makes it, as \(Hint.help(["run"])) says"
        )
    }

    /// Who does something, with what; an unreadable key is named as such, and does not prevent pausing.
    func operatorProvenance() throws -> Provenance {
        if let credentials = try? credentials() { return try provenance(credentials) }
        return try Provenance(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName, version: Version.current,
            settings: settings.canonicalDescription, endpoint: settings.api.baseURL, keyID: "unreadable",
            certificateFingerprint: "unreadable")
    }
}

/// What keeps personal data and keys in this process's memory from reaching a disk, a terminal or another process of
/// the user.
package enum ProcessPrivacy {
    /// The signals for which Swift's runtime installs a handler that prints the stack, the registers and what they
    /// point to (`swift/docs/Backtracing.rst`); after `kill -SEGV` from outside that handler even lets the process live
    /// on.
    private static let crashSignals = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS]

    /// No backtrace is printed, no core dump is written and no other process of the user may attach (`man 2 signal`,
    /// `man 2 prctl`, `man 2 getrlimit`). Call it first in `main`, before any secret can be in memory.
    ///
    /// The environment cannot undo it: `SWIFT_BACKTRACE=enable=yes` took effect before `main`. The system's calls can
    /// fail only where it forbids what is asked to be forbidden, so their results say nothing.
    package static func apply() {
        for number in crashSignals { signal(number, SIG_DFL) }
        _ = rollcall_forbid_dumps()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
