import Basics
import Foundation
import IdentityInsightsClient
import RecordStore
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

    func client(_ credentials: Credentials, concurrency: Int) throws -> IdentityInsightsClient {
        try IdentityInsightsClient(endpoint: settings.api.endpoint(concurrency: concurrency), credentials: credentials)
    }

    func provenance(_ credentials: Credentials) throws -> Provenance {
        try Provenance(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName, version: Version.current,
            settings: settings.canonicalDescription, endpoint: settings.api.baseURL, keyID: credentials.keyID,
            certificateFingerprint: credentials.certificateFingerprint)
    }

    /// Opens the database as its one runner: takes the lock, migrates, puts in doubt what a crash left open.
    func storeForRunning(_ provenance: Provenance) throws -> RecordStore {
        try RecordStore.openForRunning(
            path: settings.database, sealingKeyPath: settings.sealingKey, keysFolder: settings.keysFolder,
            endpoint: settings.api.baseURL, provenance: provenance, timeZone: settings.limits.timeZone)
    }

    /// Opens the database beside whoever runs it.
    func storeForReading() throws -> RecordStore {
        guard FileManager.default.fileExists(atPath: settings.database) else {
            throw OperationFailure(
                .configuration,
                "\(settings.database): there is no database yet; the first run makes it, as \(Hint.help(["run"])) says")
        }
        return try RecordStore.openForReading(
            path: settings.database, sealingKeyPath: settings.sealingKey, endpoint: settings.api.baseURL)
    }
}

extension RecordStore {
    /// The batch of that name or number.
    func batchOrFailure(_ name: String) throws -> Batch {
        guard let batch = try batch(named: name) else {
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
            encryptionKey: encryptionKey, encryptionKeyID: encryptionKeyID, decryptionKey: decryptionKey,
            decryptionKeyPassword: decryptionKeyPassword?.revealed)
    }

    func endpoint(concurrency: Int) -> Endpoint {
        Endpoint(
            baseURL: baseURL, requestTimeout: requestTimeout, connectTimeout: connectTimeout, proxy: proxy?.revealed,
            concurrency: concurrency)
    }
}
