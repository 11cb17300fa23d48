import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// `rollcall rerun`: sends a batch's failed records again, those of a cancelled batch that were not sent and, if the
/// operator agrees, those in doubt; nothing else that is queued there.
package struct RerunOperation: Sendable {
    private let request: RerunRequest
    private let console: Console

    /// Describes the re-run.
    package init(_ request: RerunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Queues the selected records, sends them or lets the daemon that runs the database send them, and rewrites the
    /// results.
    package func perform() async throws -> ExitStatus {
        let selection = try selection()
        let place = try Installation(config: request.config)
        let batch = try await batch(in: place)
        let job = try request.job.map(place.job) ?? place.job(of: batch, console: console)
        do {
            guard case .daemon(let process) = try await place.runner() else {
                return try await run(selection, place, job)
            }
            try place.requireJob(of: batch, inDaemon: process)
            return try await handOver(selection, place, job, to: process)
        } catch let error as RequeueRefusal {
            throw error.failure
        }
    }

    private func run(
        _ selection: RequeueSelection, _ place: Installation, _ job: JobDefinition
    ) async throws -> ExitStatus {
        let stop = StopSignal()
        // The operator chose which records are sent again; the retry policy adds none.
        let session = try await RunSession(
            place: place, job: job, rate: nil, out: request.out, stop: stop, console: console, holdsInDoubt: true)
        return try await session.whileSignalsAreHeard {
            let status = try await rerun(selection, in: session)
            try await session.close()
            return status
        }
    }

    private func rerun(_ selection: RequeueSelection, in session: RunSession) async throws -> ExitStatus {
        let batch = try await session.store.batchOrFailure(request.batch)
        try await session.store.takeUp(batch.id)
        let requeueing = Requeueing(
            store: session.store, client: session.client,
            requireEncryptedAnswers: session.configuration.requireEncryptedAnswers, provenance: session.provenance,
            spending: Spending(store: session.store, job: session.job, pricing: session.place.pricing),
            console: console)
        do {
            let found = try await requeueing.perform(selection, of: batch, yes: request.yes)
            let queued = try await session.store.batch(batch.id)
            let step = RerunStep(queued, selected: found.rerun.records, recovered: found.recovered)
            if let notice = step.notice(continuation: "its file, run again, continues with them") {
                console.note("\(batch.name): \(notice)")
            }
            switch step {
            case .wait: return try await session.standing(queued, json: request.json)
            case .send: return try await session.run(batch.id, only: found.rerun, json: request.json)
            case .conclude: return try await session.conclude(queued, json: request.json)
            case .nothing: return try await nothingToSend(queued, session)
            }
        } catch let error as RequeueRefusal where error.recovered > 0 && batch.state.isFinished {
            _ = try await session.conclude(session.store.batch(batch.id), json: request.json)
            throw error
        }
    }

    /// The files may be those of an earlier end all the same, if the last run ended before it wrote them.
    private func nothingToSend(_ batch: Batch, _ session: RunSession) async throws -> ExitStatus {
        guard batch.state.isFinished else { return try await session.standing(batch, json: request.json) }
        if try await session.results.wholeFolder(of: batch) == nil {
            console.note(try await session.results.reasonToWrite(batch))
            return try await session.conclude(batch, json: request.json)
        }
        if request.json { console.output(JSONText.text(of: try await session.results.summary(of: batch))) }
        return ExitStatusPolicy.status(of: batch.counts, accepting: session.job.accept)
    }

    private func handOver(
        _ selection: RequeueSelection, _ place: Installation, _ job: JobDefinition, to process: Int32
    ) async throws -> ExitStatus {
        console.note("a daemon (process \(process)) runs this database; handing the work over to it")
        let session = try await OperatorSession(place, console: console)
        let credentials = try place.credentials()
        let requeueing = Requeueing(
            store: session.store, client: try place.client(credentials, concurrency: 1),
            requireEncryptedAnswers: place.settings.api.requireEncryptedAnswers,
            provenance: try place.provenance(credentials),
            spending: Spending(store: session.store, job: job, pricing: place.pricing), console: console)
        let stop = StopSignal()
        return try await SignalledWork.run(stop: stop, console: console) {
            let status = try await handOver(selection, through: requeueing, in: session, job, until: stop)
            try await session.close()
            return status
        }
    }

    private func handOver(
        _ selection: RequeueSelection, through requeueing: Requeueing, in session: OperatorSession,
        _ job: JobDefinition, until stop: StopSignal
    ) async throws -> ExitStatus {
        let batch = try await session.store.batchOrFailure(request.batch)
        let found = try await requeueing.perform(selection, of: batch, yes: request.yes)
        await requeueing.client.shutDown()
        let followed = FollowedBatch(
            session: session, job: job, stop: stop, out: request.out, json: request.json)
        let queued = try await session.store.batch(batch.id)
        let step = RerunStep(queued, selected: found.rerun.records, recovered: found.recovered)
        // The daemon sends the others anyway.
        if case .send = step { return try await followed.end(of: batch.id) }
        if let notice = step.notice(continuation: "the daemon continues with them") {
            console.note("\(batch.name): \(notice)")
        }
        return step == .conclude ? try await followed.end(of: batch.id) : try await followed.standing(queued)
    }

    private func selection() throws -> RequeueSelection {
        let statuses = try RecordArguments.statuses(in: request.statuses)
        let refused = statuses.subtracting([.failed, .inDoubt, .cancelled])
        guard refused.isEmpty, !statuses.isEmpty else {
            throw OperationFailure(
                .usage, "rerun takes failed, in_doubt and cancelled records; others are never sent again")
        }
        return RequeueSelection(
            statuses: statuses, reasonCode: request.reason, lines: try request.lines.map(RecordArguments.lines))
    }

    /// The batch was taken in under a job, whose limits apply again.
    private func batch(in place: Installation) async throws -> Batch {
        let store = try await place.storeForReading()
        let batch = try await store.batchOrFailure(request.batch)
        try await store.close()
        return batch
    }
}

extension Installation {
    /// Refuses a batch whose job a daemon does not find.
    ///
    /// - Throws: `OperationFailure` (78) that says where the job's file belongs.
    func requireJob(of batch: Batch, inDaemon process: Int32) throws {
        guard !knowsJob(batch.job) else { return }
        throw OperationFailure(
            .configuration,
            "\(batch.name): its job '\(batch.job)' is not in \(settings.jobs), so that the daemon (process "
                + "\(process)) cannot send it; put the job's file there")
    }
}

/// What `rollcall rerun` is to do.
package struct RerunRequest: Sendable {
    /// The batch's name or number.
    package var batch: String
    /// The settings file.
    package var config: String
    /// The job whose limits apply, a name or a file; nil: the one the batch was taken in under.
    package var job: String?
    /// Statuses joined by commas; of these only `failed`, `in_doubt` and `cancelled` can be sent again.
    package var statuses: String
    /// Only records that ended with this reason code.
    package var reason: String?
    /// Only these lines, as `A-B`.
    package var lines: String?
    /// Folder for the result files; nil for the settings'.
    package var out: String?
    /// Whether records in doubt may be sent again.
    package var yes: Bool
    /// Whether the summary goes to standard output as JSON.
    package var json: Bool

    /// Describes a re-run.
    package init(
        batch: String, config: String, job: String? = nil, statuses: String, reason: String? = nil,
        lines: String? = nil, out: String? = nil, yes: Bool = false, json: Bool = false
    ) {
        self.batch = batch
        self.config = config
        self.job = job
        self.statuses = statuses
        self.reason = reason
        self.lines = lines
        self.out = out
        self.yes = yes
        self.json = json
    }
}
