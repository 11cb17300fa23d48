import Foundation
import JobRunner
import Logging
import RecordStore
import ServiceLifecycle
import Settings
import TestSupport

@testable import Basics
@testable import Operations

/// One installation and its daemon in this process: real files, a real database, a real emulator behind real TLS. Only
/// the clock is the test's.
final class DaemonBench: Sendable {
    let place: EmulatedInstallation
    let clock: HeldClock
    private let daemon = Lock<(context: DaemonContext, task: Task<Void, any Error>)?>(nil)
    /// Wakes when the configuration in force has changed.
    private let reloaded = WakeSignal()
    /// What the daemons have logged.
    let lines = LogLines()

    /// How often a simulated month looks at things: virtual time is not free.
    static let intervals = DaemonContext.PollingIntervals(
        poll: .seconds(600), folders: .seconds(3_600), statusWriter: .seconds(1_800), maintenance: .seconds(6 * 3_600),
        retention: .seconds(6 * 3_600), keys: .seconds(6 * 3_600),
        proof: .seconds(24 * 3_600), wallClock: .seconds(3_600))
    private let intervals: DaemonContext.PollingIntervals

    init(
        at start: WallTime, settings: String, jobs: [String: String],
        intervals: DaemonContext.PollingIntervals = DaemonBench.intervals
    ) async throws {
        self.intervals = intervals
        clock = HeldClock(at: start)
        place = try await EmulatedInstallation(settings: settings, jobs: jobs)
        for folder in ["incoming", "drop/inbox", "asks/inbox"] {
            try FileManager.default.createDirectory(atPath: file(folder), withIntermediateDirectories: true)
        }
    }

    /// Ends everything and removes the files.
    func end() async throws {
        try await stopDaemon()
        try await place.end()
    }

    var context: DaemonContext? { daemon.withLock { $0?.context } }

    /// Starts a daemon, and returns when it is at work; the one before must have been stopped. Its deadline does
    /// nothing by default: it would end the tests' process.
    func startDaemon(deadline: ExitDeadline = ExitDeadline {}, outer: [any Service] = []) async throws {
        let log = Logger(label: "daemon") { [lines] _ in LineHandler(lines: lines) }
        let installation = try Installation(config: place.config)
        let context = try await DaemonContext.opened(
            installation, environment: [:], log: log, clock: clock, intervals: intervals)
        let running = Daemon(context: context, reloaded: reloaded, deadline: deadline, outer: outer)
        let task = clock.task { try await running.run() }
        daemon.withLock { $0 = (context, task) }
        // The supervisor, maintenance, retention, key reminders, the runner's status and each job's own task sleep once they
        // have looked around.
        let jobs = context.configuration.jobs.values.filter(\.isEnabled)
        await clock.untilSleepers(count: 5 + jobs.count)
        for job in jobs {
            guard let schedule = job.schedule else { continue }
            let times = CronScheduler.times(schedule, in: job.timeZone)
            try await waitUntil { try await context.store.lastDue(ofSchedule: job.name, times: times) != nil }
        }
    }

    /// Ends the daemon as SIGTERM does.
    func stopDaemon() async throws {
        guard let (context, task) = daemon.withLock({ $0.take() }) else { return }
        context.stop.drain()
        context.batchWakeSignal.wakeUp()
        try await clock.whileTimePasses { try await task.value }
    }

    /// Lets time pass until the daemon ends by itself; what it failed with.
    func failureOfDaemon() async throws -> (any Error)? {
        try await pass { count(ofLogged: "the daemon ends: nothing can be accounted for any more") > 0 }
        guard let (_, task) = daemon.withLock({ $0.take() }) else { return nil }
        // Notify commands take time of their own, not the clock's.
        do {
            try await task.value
            return nil
        } catch {
            return error
        }
    }

    /// Reads settings, jobs and keys again as SIGHUP does.
    func reloadDaemon() async throws {
        guard let context else { return }
        await Reload(context: context, reloaded: reloaded).perform()
        context.batchWakeSignal.wakeUp()
    }

    /// Something did not become true within two months.
    struct NeverTrue: Error {}

    /// Lets time pass until something is true, which it must become within two months; not while the daemon is at work,
    /// or waits for an answer or a command, which take time of their own.
    func pass(until isTrue: () async throws -> Bool) async throws {
        let end = clock.now + 60 * 86_400_000
        while try await !isTrue() {
            guard clock.now < end else { throw NeverTrue() }
            try Task.checkCancellation()
            await clock.advance(by: .seconds(1))
        }
    }

    /// Lets time pass until the wall clock shows a time.
    func pass(to instant: WallTime) async throws {
        await clock.advance(by: max(.zero, instant - clock.now))
    }

    func file(_ name: String) -> String { place.file(name) }

    func write(_ text: String, to name: String) throws { try place.write(text, to: name) }

    func names(in folder: String) throws -> [String] { try place.names(in: folder) }

    /// The database beside the daemon.
    func reading<Value>(_ body: (RecordStore) async throws -> Value) async throws -> Value {
        if let store = context?.store { return try await body(store) }
        return try await place.reading(body)
    }

    /// How many requests the API has read.
    func callsRead() throws -> Int { try place.callsRead() }

    /// The API cannot be reached any more.
    func takeAPIDown() async throws { try await place.takeAPIDown() }

    /// The API is back where it was.
    func bringAPIUp() async throws { try await place.bringAPIUp() }
}
