import Basics
import Foundation
import IdentityInsightsClient
import RecordStore
import Settings

/// What can change while the daemon runs: settings, jobs, keys.
struct LiveConfiguration: Sendable {
    let place: Installation
    let jobs: [String: JobDefinition]
    let provenance: Provenance
    /// When the client's certificate ends.
    let certificateEnd: Date
    /// Every certificate under one of the settings.
    let datedKeys: [DatedKey]
    /// What the administration shows itself with; nil: it speaks without TLS, or nothing listens.
    let adminCertificate: AdminCertificate?
    /// When they were read.
    let loadedAt: WallTime

    /// Reads jobs and keys of a place.
    ///
    /// - Parameters:
    ///   - place: Where they lie.
    ///   - credentials: The API's keys.
    ///   - now: The time.
    /// - Throws: `SettingsError` for the first job file that is wrong; `CredentialError`; `OperationFailure` for a
    ///   certificate of the administration that cannot be used.
    init(_ place: Installation, credentials: Credentials, at now: WallTime) throws {
        self.place = place
        jobs = try Dictionary(
            JobDefinition.all(in: place.settings).map { ($0.name, try $0.result.get()) }, uniquingKeysWith: { $1 })
        provenance = try place.provenance(credentials)
        certificateEnd = credentials.certificateEnd
        adminCertificate = try place.serverCertificate().map(AdminCertificate.init)
        datedKeys = credentials.datedKeys + (adminCertificate?.datedKeys ?? [])
        loadedAt = now
    }

    /// The job a batch was taken in under; nil when its file is gone.
    func job(named name: String) -> JobDefinition? {
        name == JobDefinition.unnamed ? JobDefinition(unnamedWith: place.settings) : jobs[name]
    }
}

/// The configuration in force, for all parts of a daemon that follow its changes.
final class ConfigurationInForce: Sendable {
    private let current: Lock<LiveConfiguration>

    init(_ configuration: LiveConfiguration) { current = Lock(configuration) }

    /// The configuration as it is now; each reader takes what it needs from one value.
    var value: LiveConfiguration { current.withLock { $0 } }

    /// The settings as they are now.
    var settings: Settings { value.place.settings }

    /// Puts another configuration in force.
    func exchange(for configuration: LiveConfiguration) { current.withLock { $0 = configuration } }
}
