import Foundation
import IdentityInsightsClient
import Ingest
import JobRunner
import RecordStore
import Results
import Settings

/// An open database, a client and a job: what it takes to run batches, one after the other.
struct RunSession: Sendable {
    let place: Workplace
    let job: JobDefinition
    let configuration: RunnerConfiguration
    let credentials: Credentials
    let provenance: Provenance
    let store: RecordStore
    let client: IdentityInsightsClient
    let stop: StopSignal
    let console: Console
    let resultsPlace: ResultsPlace

    /// Reads keys, opens the database as its runner and makes the client; calls nothing.
    init(
        place: Workplace, job: JobDefinition, rate: Double?, out: String?, stop: StopSignal, console: Console,
        holdsInDoubt: Bool = false
    ) throws {
        self.place = place
        self.job = job
        var configuration = RunnerConfiguration(job, settings: place.settings, rate: rate)
        if holdsInDoubt { configuration.inDoubt = .hold }
        self.configuration = configuration
        credentials = try place.credentials()
        provenance = try place.provenance(credentials)
        resultsPlace = out.map(ResultsPlace.init(output:)) ?? ResultsPlace(job, settings: place.settings)
        try Self.requireWritable(resultsPlace.output)
        client = try place.client(credentials, concurrency: configuration.concurrency)
        store = try place.storeForRunning(provenance)
        self.stop = stop
        self.console = console
        tellRecovery()
    }

    /// Whether the batch was paused just now because the database was restored from an earlier copy: it waits until a
    /// person has read what that may cost and runs it again.
    func isRestored(_ id: BatchID) -> Bool { store.recovery.pausedBatches.contains(id) }

    /// Results must have somewhere to go before anything is sent that has to be paid.
    private static func requireWritable(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw OperationFailure(
                .configuration, "\(folder): the folder for results cannot be made; correct output or --out")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw OperationFailure(
                .configuration, "\(folder): results cannot be written there; change its permissions, output or --out")
        }
    }

    private func tellRecovery() {
        let found = store.recovery
        if found.openAttempts > 0 {
            console.note("the last run ended with \(Figures.count(found.openAttempts, "call")) under way; in doubt now")
        }
        if found.lostAttempts > 0 {
            console.note(
                "warning: the database was restored from an earlier copy, which does not know of the last "
                    + "\(Figures.count(Int(found.lostAttempts), "call")); \(Figures.count(found.doubtedRecords, "record")) "
                    + "that may have been among them are in doubt now")
        }
    }

    /// Sends what is queued in a batch, writes the results when it is finished, and tells how it ended.
    func run(_ id: BatchID, json: Bool) async throws -> ExitStatus {
        let batch = try await started(store.batch(id))
        let display = ProgressDisplay(batch: batch, console: console)
        let runner = BatchRunner(
            store: store, submitter: client, requests: try BatchRequests(layout: store.layout(of: id)),
            configuration: configuration, events: display.take)
        let end = try await runner.run(id, stop: stop)
        display.finish(try store.progress(id))
        return try await BlockingWork.run { try conclude(id, end: end, json: json) }
    }

    /// Writes the results of a batch that is finished, and tells how the run ended.
    func conclude(_ id: BatchID, end: RunEnd, json: Bool) throws -> ExitStatus {
        let batch = try store.batch(id)
        let status = Verdict.status(of: end, counts: batch.counts, accepting: job.accept)
        guard case .completed = end else {
            console.note("\(batch.name): \(Ending.text(of: end, batch: batch, timeZone: configuration.timeZone))")
            if json { console.output(JSONText.text(of: BatchStatus(batch))) }
            return status
        }
        let written = try results.write(batch)
        console.output(json ? JSONText.text(of: written.summary) : SummaryText.text(of: written))
        return status
    }

    /// Where and how results are written.
    var results: BatchResults {
        BatchResults(
            store: store, pricing: place.pricing, place: resultsPlace, timeZone: configuration.timeZone)
    }

    /// Takes files in under the session's job.
    func intake(again: Bool, reuses: Bool) -> BatchIntake {
        BatchIntake(
            store: store, job: job, provenance: provenance, results: results, stop: stop, console: console,
            again: again, reuses: reuses)
    }

    /// Asks before a batch that costs much.
    func confirmation(yes: Bool) -> Confirmation {
        Confirmation(
            store: store, job: job, pricing: place.pricing, stop: stop, console: console, yes: yes)
    }

    /// Closes connections and database; state is already written.
    func close() async throws {
        await client.shutDown()
        try await BlockingWork.run { try store.close() }
    }

    private func started(_ batch: Batch) async throws -> Batch {
        warnOfCertificateEnd(batch)
        guard batch.state != .running else { return batch }
        try await store.setState(batch.id, to: .running, reason: nil)
        return try store.batch(batch.id)
    }

    private func warnOfCertificateEnd(_ batch: Batch) {
        let outlook = CertificateOutlook(
            end: credentials.certificateEnd, queued: batch.counts.queued, rate: configuration.rate, now: Date())
        guard outlook.isTooShort else { return }
        console.note(
            "warning: the client certificate ends \(Figures.time(outlook.end)), before this batch's "
                + "projected end \(Figures.time(outlook.projectedEnd)); renew it in the portal")
    }
}
