import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// `rollcall rerun`: sends a batch's failed records again and, with a person's word, those in doubt.
public struct RerunOperation: Sendable {
    private let request: RerunRequest
    private let console: Console

    /// Describes the re-run.
    public init(_ request: RerunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Queues the selected records, sends them, or lets a daemon that runs the database do so, and writes the results
    /// anew.
    public func perform() async throws -> ExitStatus {
        let selection = try selection()
        let place = try Workplace(config: request.config)
        let batch = try batch(in: place)
        let job = try request.job.map(place.job) ?? place.job(of: batch, console: console)
        do {
            guard case .daemon(let process) = try place.runner() else { return try await run(selection, place, job) }
            guard place.knowsJob(batch.job) else { throw stranger(batch, to: process, place) }
            return try await handOver(selection, place, job, to: process)
        } catch let error as RequeueRefusal {
            throw error.failure
        }
    }

    private func run(
        _ selection: RequeueSelection, _ place: Workplace, _ job: JobDefinition
    ) async throws -> ExitStatus {
        let stop = StopSignal()
        // A person chose which records are sent again; the policy adds none.
        let session = try RunSession(
            place: place, job: job, rate: nil, out: request.out, stop: stop, console: console, holdsInDoubt: true)
        return try await SignalledWork.run(stop: stop, console: console) {
            let status = try await rerun(selection, in: session)
            try await session.close()
            return status
        }
    }

    private func rerun(_ selection: RequeueSelection, in session: RunSession) async throws -> ExitStatus {
        let batch = try session.store.batchOrFailure(request.batch)
        let requeueing = Requeueing(
            store: session.store, client: session.client,
            requireEncryptedAnswers: session.configuration.requireEncryptedAnswers, provenance: session.provenance,
            spending: Spending(store: session.store, job: session.job, pricing: session.place.pricing),
            console: console)
        do {
            let found = try await requeueing.perform(selection, of: batch, yes: request.yes)
            if try standsStill(batch.id, found, session.store) {
                return try session.standing(batch, json: request.json)
            }
            guard found.queued + found.recovered + batch.counts.queued > 0 else {
                return try await nothingToSend(batch, session)
            }
            tellOthers(of: batch)
            return try await session.run(batch.id, json: request.json)
        } catch let error as RequeueRefusal where error.recovered > 0 {
            _ = try await session.conclude(session.store.batch(batch.id), json: request.json)
            throw error
        }
    }

    /// Whether the batch stands still by a person's word, a cap or a halt. Then nothing is sent: what else waits there
    /// would be, too.
    private func standsStill(_ id: BatchID, _ found: Requeueing.Found, _ store: RecordStore) throws -> Bool {
        let batch = try store.batch(id)
        guard let wayOn = batch.wayOn(queuedAgain: found.queued) else { return false }
        console.note("\(batch.name): " + (found.queued > 0 ? "nothing is sent now: " : "no record matches; ") + wayOn)
        return true
    }

    private func tellOthers(of batch: Batch) {
        guard batch.counts.queued > 0 else { return }
        console.note("\(batch.name): \(Figures.count(batch.counts.queued, "other record")) waiting there is sent, too")
    }

    /// The files may be those of an earlier end all the same, where the last run did not live to write them.
    private func nothingToSend(_ batch: Batch, _ session: RunSession) async throws -> ExitStatus {
        console.note("\(batch.name): no record matches; nothing to send")
        guard batch.state.isFinished else { return try session.standing(batch, json: request.json) }
        if try session.results.wholeFolder(of: batch) == nil {
            console.note(try session.results.reasonToWrite(batch))
            return try await session.conclude(batch, json: request.json)
        }
        if request.json { console.output(JSONText.text(of: try session.results.summary(of: batch))) }
        return Verdict.status(of: batch.counts, accepting: session.job.accept)
    }

    private func handOver(
        _ selection: RequeueSelection, _ place: Workplace, _ job: JobDefinition, to process: Int32
    ) async throws -> ExitStatus {
        console.note("a daemon (process \(process)) runs this database; handing the work over to it")
        let session = try OperatorSession(place, console: console)
        let credentials = try place.credentials()
        let requeueing = Requeueing(
            store: session.store, client: try place.client(credentials, concurrency: 1),
            requireEncryptedAnswers: place.settings.api.requireEncryptedAnswers,
            provenance: try place.provenance(credentials),
            spending: Spending(store: session.store, job: job, pricing: place.pricing), console: console)
        let stop = StopSignal()
        return try await SignalledWork.run(stop: stop, console: console) {
            let batch = try session.store.batchOrFailure(request.batch)
            let found = try await requeueing.perform(selection, of: batch, yes: request.yes)
            await requeueing.client.shutDown()
            defer { try? session.store.close() }
            let followed = FollowedBatch(
                session: session, job: job, stop: stop, out: request.out, json: request.json)
            if try standsStill(batch.id, found, session.store) { return try await followed.standing(batch) }
            guard found.queued + found.recovered + batch.counts.queued > 0 else {
                console.note("\(batch.name): no record matches; nothing to send")
                return try await followed.standing(batch)
            }
            return try await followed.end(of: batch.id)
        }
    }

    private func selection() throws -> RequeueSelection {
        let statuses = try StatusList.statuses(in: request.statuses)
        let refused = statuses.subtracting([.failed, .inDoubt])
        guard refused.isEmpty, !statuses.isEmpty else {
            throw OperationFailure(.usage, "rerun takes failed and in_doubt records; others are never sent again")
        }
        return RequeueSelection(
            statuses: statuses, reasonCode: request.reason, lines: try request.lines.map(StatusList.lines))
    }

    /// The batch was taken in under a job, whose limits apply again.
    private func batch(in place: Workplace) throws -> Batch {
        let store = try place.storeForReading()
        defer { try? store.close() }
        return try store.batchOrFailure(request.batch)
    }

    private func stranger(_ batch: Batch, to process: Int32, _ place: Workplace) -> OperationFailure {
        OperationFailure(
            .configuration,
            "\(batch.name): its job '\(batch.job)' is not in \(place.settings.jobs), so that the daemon (process "
                + "\(process)) cannot send it; put the job's file there")
    }
}
