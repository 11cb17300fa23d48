import Basics
import IdentityInsightsClient
import JobRunner
import Logging
import RecordStore
import Settings

/// Reloads settings, jobs and keys while the daemon runs (SIGHUP, an operator's resume); an invalid file changes
/// nothing.
struct Reload {
    let context: DaemonContext
    let reloaded: WakeSignal

    /// Applies the new configuration, as a whole or not at all, and logs what only a restart can change.
    ///
    /// - Returns: Whether it was applied; if not, the log has the reason.
    @discardableResult
    func perform() async -> Bool {
        do {
            let (place, configuration, client) = try await BlockingWork.run { try read() }
            try await context.store.reloadKeys(from: place.database.sealingKey)
            await context.exchangeClient(for: client)
            say(place)
            context.inForce.exchange(for: configuration)
            context.logging.exchange(for: configuration.place.settings.log)
            context.traffic.reconfigure(
                RunnerConfiguration(daemonOf: configuration.place.settings, jobs: configuration.jobs.values))
            reopen()
            context.notices.recent.forgetFailedReloads()
            await context.warnOfCertificateEnd()
            reloaded.wakeUp()
            context.batchWakeSignal.wakeUp()
            context.log.notice(
                "settings, jobs and keys were read again", metadata: ["jobs": "\(configuration.jobs.count)"])
            return true
        } catch {
            context.log.error(
                "nothing was changed: settings, jobs or keys are wrong",
                metadata: ["reason": "\(OperationFailure(error).message)"])
            context.notices.notifyOfReload(failedBecause: OperationFailure(error).message)
            return false
        }
    }

    /// The settings as they are written, the configuration that they make while the daemon runs, and a client for it.
    private func read() throws -> (Installation, LiveConfiguration, IdentityInsightsClient) {
        let place = try Installation(config: context.settings.path)
        let credentials = try place.credentials()
        let configuration = try LiveConfiguration(
            place.keeping(context.configuration.place), credentials: credentials, at: context.clock.now)
        let concurrency = configuration.place.settings.limits.concurrency
        return (place, configuration, try configuration.place.client(credentials, concurrency: concurrency))
    }

    /// The cause of a halt may have been fixed. A gate that is only closed finds out by its probes, which use up no
    /// attempts.
    private func reopen() {
        guard context.traffic.status.gate == .halted else { return }
        context.log.notice("the way to the API was halted; it is tried again")
        context.traffic.reopen()
    }

    private func say(_ place: Installation) {
        if !place.database.sealingKey.canBeReadAgain {
            context.log.notice(
                "the sealing key was handed over by a descriptor and stays; a restart alone brings another")
        }
        let kept = place.settings.keysOnlyARestartChanges(from: context.settings)
        guard !kept.isEmpty else { return }
        context.log.warning(
            "needs a restart; the old value stays", metadata: ["keys": "\(kept.joined(separator: ", "))"])
    }
}

extension Settings {
    /// The keys that bind a daemon to its database and endpoint, as far as these settings give them otherwise.
    func keysOnlyARestartChanges(from running: Settings) -> [String] {
        [
            ("database", database != running.database),
            ("keys_folder", keysFolder != running.keysFolder),
            ("api.base_url", api.baseURL != running.api.baseURL), ("jobs", jobs != running.jobs),
            ("admin", administration(keeping: running) != administration),
            ("node", node != running.node),
            ("shared_folders", sharesFolders != running.sharesFolders),
            ("database_durability", databaseDurability != running.databaseDurability),
            ("limits.rate", isOnPostgreSQL && limits.rate != running.limits.rate),
            ("api.request_timeout", isOnPostgreSQL && api.requestTimeout != running.api.requestTimeout),
        ].filter(\.1).map(\.0)
    }
}

extension Installation {
    /// These settings with what binds to database and endpoint as it is in `running`.
    func keeping(_ running: Installation) -> Installation {
        var settings = settings
        settings.database = running.settings.database
        settings.keysFolder = running.settings.keysFolder
        settings.api.baseURL = running.settings.api.baseURL
        settings.jobs = running.settings.jobs
        settings.node = running.settings.node
        settings.databaseDurability = running.settings.databaseDurability
        settings.sharesFolders = running.settings.sharesFolders
        if settings.isOnPostgreSQL {
            // All nodes go by one rate, which is agreed on at the start, and know how long each one's calls may take.
            settings.limits.rate = running.settings.limits.rate
            settings.api.requestTimeout = running.settings.api.requestTimeout
        }
        settings.administration = settings.administration(keeping: running.settings)
        return Installation(settings)
    }
}

extension Settings {
    /// The administration that runs, with the certificate and key of these settings where it speaks TLS.
    fileprivate func administration(keeping running: Settings) -> Administration? {
        var kept = running.administration
        if kept?.tls != nil, let tls = administration?.tls { kept?.tls = tls }
        return kept
    }
}
