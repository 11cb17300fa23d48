import Foundation
import JobRunner
import Logging
import RecordStore
import Settings

extension DaemonContext {
    /// Reads keys and jobs, opens the database as its runner and makes the client; calls nothing.
    ///
    /// - Throws: What is wrong with settings, jobs or keys; `StoreError`, above all where another process runs the
    ///   database.
    static func opened(
        _ place: Installation, environment: [String: String], log: Logger, clock: any RunnerClock = SystemClock(),
        intervals: PollingIntervals = PollingIntervals()
    ) throws -> DaemonContext {
        let credentials = try place.credentials()
        let rules = try Rules(place, credentials: credentials, at: clock.now)
        let client = try place.client(credentials, concurrency: place.settings.limits.concurrency)
        let store = try place.storeForRunning(rules.provenance)
        let folder = URL(filePath: place.settings.path).deletingLastPathComponent().path
        return DaemonContext(
            store: store, rules: rules, client: ReloadableClient(client),
            traffic: EndpointTraffic(configuration: RunnerConfiguration(daemonOf: place.settings), clock: clock),
            notifier: Notifier(folder: folder, environment: environment, clock: clock, log: log), stop: StopSignal(),
            log: log, intervals: intervals)
    }

    /// Says what was found at start, for the person who reads the log the next morning.
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
                "jobs": "\(rules.jobs.values.count(where: \.isEnabled))",
            ])
    }
}
