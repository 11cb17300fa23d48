import Basics
import Foundation
import IdentityInsightsClient
import Ingest
import JobRunner
import RecordStore
import Results
import Settings

/// An open database, a client and a job: what it takes to run batches, one after the other.
struct RunSession: Sendable {
    let place: Installation
    let job: JobDefinition
    let configuration: RunnerConfiguration
    let credentials: Credentials
    let provenance: Provenance
    let store: RecordStore
    let client: IdentityInsightsClient
    let stop: StopSignal
    let console: Console
    /// Where and how results are written.
    let results: BatchResults

    /// Reads keys, opens the database as its runner and makes the client; calls nothing.
    init(
        place: Installation, job: JobDefinition, rate: Double?, out: String?, stop: StopSignal, console: Console,
        holdsInDoubt: Bool = false
    ) async throws {
        self.place = place
        self.job = job
        var configuration = RunnerConfiguration(job, settings: place.settings, rate: rate)
        if holdsInDoubt { configuration.inDoubt = .hold }
        self.configuration = configuration
        credentials = try place.credentials()
        provenance = try place.provenance(credentials)
        let resultsPlace = ResultsLocation(job, settings: place.settings)
        try Self.requireWritable(out ?? resultsPlace.output)
        client = try place.client(credentials, concurrency: configuration.concurrency)
        store = try await place.storeForRunning(provenance)
        results = BatchResults(
            store: store, pricing: place.pricing, place: resultsPlace, out: out.map(ResultsLocation.init(output:)))
        self.stop = stop
        self.console = console
        store.observeStorage { [console] in console.note(Self.text(of: $0)) }
        stop.limitWaiting(in: store)
        reportRecovery()
        let missing = try await store.periodKeysElsewhere()
        if let text = PeriodKeysElsewhere.warning(missing, keysFolder: place.settings.keysFolder) {
            console.note("warning: \(text)")
        }
    }

    /// How long calls under way, and answers that wait for space on a full disk, are waited for after a stop.
    var grace: Duration { place.settings.daemon.shutdownGrace + place.settings.api.requestTimeout }

    private static func text(of storage: StorageCondition) -> String {
        switch storage {
        case .full:
            "the disk that holds the database is full: no calls are made, answers that came in are kept; make room on it, "
                + "and it continues by itself"
        case .normal: "the disk has room again: calls continue"
        }
    }

    /// Stops waiting for space on a full disk some time after a stop. Waits until it is cancelled.
    func limitWaiting() async {
        await stop.raised()
        guard !Task.isCancelled else { return }
        let clock = SystemClock()
        await clock.sleep(until: clock.monotonic + grace)
        if !Task.isCancelled { store.stopWaitingForRoom(exceptForEndsOfCalls: false) }
    }

    /// The work's result; SIGINT and SIGTERM stop it, and a full disk delays its end by ``grace`` at most.
    func whileSignalsAreHeard<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await SignalledWork.run(stop: stop, console: console, grace: grace) {
            try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask {
                    await limitWaiting()
                    return nil
                }
                defer { group.cancelAll() }
                return try await work()
            }
        }
    }

    /// Whether the batch was paused just now because the database was restored from an earlier copy: it waits until an
    /// operator has read what that may cost and runs it again.
    func isRestored(_ id: BatchID) -> Bool { store.recovery.pausedBatches.contains(id) }

    /// The results folder must be writable before anything billable is sent.
    private static func requireWritable(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw OperationFailure(folder, "the folder for results cannot be made", SystemFault(behind: error))
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw OperationFailure(folder, "results cannot be written there", SystemFault(errno))
        }
    }

    private func reportRecovery() {
        if let warning = credentials.warning { console.note("warning: \(warning)") }
        let found = store.recovery
        if found.openAttempts > 0 {
            console.note(
                "the last run ended with \(NumberFormat.count(found.openAttempts, "call")) under way; in doubt now")
        }
        if found.deliveredEnds > 0 {
            console.note(
                "\(NumberFormat.count(found.deliveredEnds, "answer")) that could not be stored before: stored now")
        }
        if let text = RestoreText.warning(of: found) { console.note("warning: \(text)") }
        guard !found.awaitedNodes.isEmpty else { return }
        console.note(
            "warning: the database's server was replaced, and nothing is sent before \(found.awaitedNodes.joined(separator: ", ")) "
                + "has told what it sent: start it once, or retire it, as \(Hint.help(["nodes"])) says")
    }

    /// Sends what is queued in a batch, writes the results when it is finished, and reports how it ended.
    ///
    /// - Parameters:
    ///   - id: The batch.
    ///   - rerun: The re-run whose records alone are sent; nil: whatever waits.
    ///   - json: Whether the summary goes to standard output as JSON.
    /// - Returns: What its end means.
    /// - Throws: `StoreError` when state could not be read or written; `ResultError`.
    func run(_ id: BatchID, only rerun: Rerun? = nil, json: Bool) async throws -> ExitStatus {
        let batch = try await started(store.batch(id))
        let clock = SystemClock()
        let display = ProgressDisplay(
            batch: batch, sending: rerun?.records ?? batch.counts.queued,
            cost: try await RunningCost(
                of: batch, under: job, in: store, pricing: place.pricing, at: clock.now), console: console)
        let traffic = EndpointTraffic(configuration: configuration, clock: clock)
        let runner = BatchRunner(
            store: store, submitter: client, requests: try await BatchRequests(of: id, in: store),
            configuration: configuration,
            keptAnswers: Recovery(
                store: store, client: client, requireEncryptedAnswers: configuration.requireEncryptedAnswers),
            traffic: traffic, events: display.take)
        let publisher = RunStatusPublisher(
            store: store, traffic: traffic, batch: id, host: provenance.host, rate: { display.rate })
        let end = try await publisher.during {
            // Whether to continue was decided above: what an operator has stopped since stays stopped.
            try await BlockingWork.runOnPool {
                try await runner.run(id, stop: stop, resuming: false, only: rerun?.number)
            }
        }
        display.finish(try await store.progress(id))
        let ended = try await store.batch(id)
        guard !ended.state.isFinished else { return try await conclude(ended, json: json) }
        console.note("\(ended.name): \(RunEndMessage.text(of: end, batch: ended, timeZone: configuration.timeZone))")
        return try await standing(ended, json: json)
    }

    /// Writes the results of a batch that is over, and reports its outcome.
    func conclude(_ batch: Batch, json: Bool) async throws -> ExitStatus {
        let written = try await results.publish(batch, by: { provenance }, console: console)
        console.output(json ? JSONText.text(of: written.summary) : SummaryText.text(of: written))
        return ExitStatusPolicy.status(of: batch.counts, accepting: job.accept)
    }

    /// What a script is given for a batch that this run does nothing more with.
    func standing(_ batch: Batch, json: Bool) async throws -> ExitStatus {
        if json { console.output(JSONText.text(of: try await results.summary(of: store.batch(batch.id)))) }
        return .unfinished
    }

    /// Takes files in under the session's job.
    func intake(again: Bool, reuses: Bool) -> BatchIntake {
        BatchIntake(
            store: store, job: job, provenance: provenance, results: results, stop: stop, console: console,
            again: again, reuses: reuses)
    }

    /// Asks before an expensive batch.
    func confirmation(yes: Bool) -> Confirmation {
        Confirmation(
            store: store, job: job, pricing: place.pricing, stop: stop, console: console, yes: yes)
    }

    /// Closes connections and database; state is already written.
    func close() async throws {
        await client.shutDown()
        try await store.close()
    }

    private func started(_ batch: Batch) async throws -> Batch {
        let warning = CertificateNotice.text(
            end: credentials.certificateEnd, queued: batch.counts.queued, rate: configuration.rate, now: Date())
        if let warning { console.note(warning) }
        try await store.takeUp(batch.id)
        _ = try await store.moveBatch(
            batch.id, from: [.awaitingConfirmation, .paused, .halted, .completed], to: .running, reason: nil)
        return try await store.batch(batch.id)
    }
}

/// The message of a run that did not finish: why, and how to continue.
enum RunEndMessage {
    static func text(of end: RunEnd, batch: Batch, timeZone: TimeZone) -> String {
        let waiting = NumberFormat.count(batch.counts.queued, "record")
        // A re-run leaves the state as it was.
        let stands = batch.state == .paused ? "paused" : "stopped"
        switch end {
        case .completed: return "completed"
        case .rerunDone:
            return
                "what was named is sent; \(waiting) still waiting there; its file, run again, continues with the rest"
        case .halted(let halt): return "halted with \(waiting) waiting. \(halt.reason) \(halt.remedy)"
        case .stopped: return "stopped with \(waiting) waiting; run the same command again to continue"
        case .capped(.batchCalls):
            return
                "\(stands) with \(waiting) waiting: limits.batch_calls is reached; raise it and run the same command again"
        case .capped(.dailyCalls):
            return "\(stands) with \(waiting) waiting: limits.daily_calls is reached; run the same command again after "
                + "midnight (\(timeZone.displayName)), or raise it"
        case .capped(.monthlyCost):
            return
                "\(stands) with \(waiting) waiting: limits.monthly_cost is reached; run the same command again next "
                + "month (\(timeZone.displayName)), or raise it"
        case .stateChanged(let state): return "stopped with \(waiting) waiting: the batch is \(state.rawValue) now"
        }
    }
}

/// Publishes in the database which batch a `run` works on, and whether calls may be made, so that `status` can show it.
private struct RunStatusPublisher {
    let store: RecordStore
    let traffic: EndpointTraffic
    let batch: BatchID
    /// The machine's name.
    let host: String
    /// Records finished per second; nil before there is a past.
    private let rate: @Sendable () -> Double?
    private let startedAt = WallTime.now()

    /// Describes what to publish of.
    init(
        store: RecordStore, traffic: EndpointTraffic, batch: BatchID, host: String,
        rate: @escaping @Sendable () -> Double?
    ) {
        (self.store, self.traffic, self.batch, self.host, self.rate) = (store, traffic, batch, host, rate)
    }

    /// Does the work, and publishes at its start and at each change until it has ended.
    ///
    /// - Parameter work: Runs the batch.
    /// - Returns: Its result.
    /// - Throws: `StoreError` when the batch cannot be published; whatever the work throws.
    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await store.saveRunnerStatus(status)
        let changes = WakeSignal()
        let observer = traffic.addStatusObserver { changes.wakeUp() }
        defer { traffic.removeStatusObserver(observer) }
        // Cancelled, and awaited, when this returns.
        async let _: Void = publish(changes)
        return try await work()
    }

    private func publish(_ changes: WakeSignal) async {
        while !Task.isCancelled {
            await changes.wait(for: RunnerStatusPublisher.rateInterval, on: SystemClock())
            guard !Task.isCancelled else { return }
            // The next change is written again; what keeps the database from being written ends the run by itself.
            try? await store.saveRunnerStatus(status)
            await WakeSignal().wait(for: store.statusInterval, on: SystemClock())
        }
    }

    private var status: RunnerStatus {
        let (traffic, now) = (traffic.status, WallTime.now())
        return RunnerStatus(
            process: getpid(), host: host, version: Version.current, isDaemon: false, startedAt: startedAt,
            loadedAt: startedAt, updatedAt: now, gate: .init(traffic, now: now), allowedRate: traffic.allowedRate,
            closedUntil: traffic.closedUntil, batch: batch, rates: rate().map { [batch: $0] } ?? [:])
    }
}
