import Basics
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
        return try await OperatorSession.with(place, console: console) { session in
            let credentials = try place.credentials()
            let requeueing = Requeueing(
                store: session.store, client: try place.client(credentials, concurrency: 1),
                requireEncryptedAnswers: place.settings.api.requireEncryptedAnswers,
                provenance: try place.provenance(credentials),
                spending: Spending(store: session.store, job: job, pricing: place.pricing), console: console)
            let stop = StopSignal()
            return try await SignalledWork.run(stop: stop, console: console) {
                try await handOver(selection, through: requeueing, in: session, job, until: stop)
            }
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
        try await place.reading { try await $0.batchOrFailure(request.batch) }
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

/// What a re-run does once the selected records are queued: it sends these and nothing else. A pure rule.
enum RerunStep: Equatable {
    /// Nothing now: the batch stands still until an operator's command sends them; holds how, as the end of a sentence.
    case wait(String)
    /// Send the selected records, and leave this many others queued.
    case send(leaving: Int)
    /// Rewrite the results: stored answers can be read now, and nothing is to be sent.
    case conclude
    /// Nothing is selected; this many others are queued.
    case nothing(waiting: Int)

    /// Decides.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is after the selected records were queued.
    ///   - selected: How many these are.
    ///   - recovered: Records whose stored answer could be read without a call.
    init(_ batch: Batch, selected: Int, recovered: Int) {
        // A daemon may have sent some by now.
        let others = max(0, batch.counts.queued - selected)
        if let nextStepText = batch.nextStepText(queuedAgain: selected) {
            self = .wait((selected > 0 ? "nothing is sent now: " : "no record matches; ") + nextStepText)
        } else if selected > 0 {
            self = .send(leaving: others)
        } else {
            self = recovered > 0 && batch.state.isFinished ? .conclude : .nothing(waiting: others)
        }
    }
}

extension RerunStep {
    /// The message for it; nil if none is needed.
    ///
    /// - Parameter continuation: What sends the others that wait.
    /// - Returns: The rest of the line that begins with the batch's name.
    func notice(continuation: String) -> String? {
        switch self {
        case .wait(let text): text
        case .send(leaving: 0), .conclude: nil
        case .send(let others):
            "\(NumberFormat.count(others, "other record")) waiting there \(others == 1 ? "is" : "are") not sent; \(continuation)"
        case .nothing(waiting: 0): "no record matches; nothing to send"
        case .nothing(let others):
            "no record matches; nothing to send; \(NumberFormat.count(others, "record")) waiting there: \(continuation)"
        }
    }
}

extension Batch {
    /// What sends records that were queued again in a batch that stands still.
    ///
    /// - Parameter queuedAgain: How many these are; the others that wait are sent with them.
    /// - Returns: The end of a sentence; nil if the batch does not stand still.
    func nextStepText(queuedAgain: Int) -> String? {
        let others = counts.queued - queuedAgain
        let waiting = others > 0 ? NumberFormat.count(others, "other record") : nil
        let all = [queuedAgain == 0 ? nil : queuedAgain == 1 ? "it" : "them", waiting].compactMap { $0 }
            .joined(separator: " and ")
        switch state {
        case .paused, .halted: return "it is \(state.rawValue); \(Hint.resume(batch: name)) \(sends(all))"
        case .awaitingConfirmation: return "it waits for confirmation; \(Hint.start(batch: name)) \(sends(all))"
        case .ingesting, .running, .completed, .cancelled, .rejected: return nil
        }
    }

    /// Why nothing of a batch can be queued again; the rest of the sentence that begins with its name. Nil: it can.
    var reasonNotToRerun: String? {
        switch state {
        case .ingesting, .awaitingConfirmation: "is \(state.rawValue); run its file again to continue with it"
        case .rejected where mayHaveBeenSent:
            "was refused before its file was read whole; lines of it may have been sent: ask the provider which"
        case .rejected: "was refused as a whole; nothing of it was taken in, and nothing can be sent"
        case .cancelled where !isIngested: "was cancelled before its file was read whole; \(wayToReadAgain ?? "")"
        case .cancelled where counts.inFlight > 0:
            "is cancelled, and \(NumberFormat.count(counts.inFlight, "call")) of it under way; once they have ended, the same "
                + "command again"
        case .running, .completed, .paused, .halted, .cancelled: nil
        }
    }

    /// What is not sent of a cancelled batch, and what sends it after all.
    ///
    /// - Parameter run: The process of a `run` that holds the database, until whose end nothing can be queued again; nil
    ///   where there is none.
    /// - Returns: The sentence without a full stop.
    func givenUp(during run: Int32?) -> String {
        let count = counts.cancelled
        if let wayToReadAgain { return wayToReadAgain }
        guard count > 0 else { return "no record was left to be sent" }
        let text = "\(NumberFormat.count(count, "record")) will not be sent"
        let all = count == 1 ? "it" : "them"
        let condition =
            if let run {
                ", once process \(run) has ended"
            } else if counts.inFlight > 0 {
                ", once the calls under way have ended"
            } else {
                ""
            }
        return "\(text); \(Hint.rerun(batch: name, status: "cancelled")) would send \(all) after all\(condition)"
    }

    /// The commands that send what is left of a batch that is over, and nothing that was answered; nil if nothing is
    /// left that could be sent, or its rows were purged.
    var waysToSendRest: String? {
        guard isIngested, purged.payloads == nil else { return nil }
        let ways = [
            (counts.failed, nil, "sends its ", "failed record", ""),
            (counts.cancelled, "cancelled", "sends its ", "cancelled record", ""),
            (counts.inDoubt, "in_doubt", "says what sending its ", "record", " in doubt may cost"),
        ]
        let texts = ways.filter { $0.0 > 0 }.map { count, status, verb, noun, end in
            "\(Hint.rerun(batch: name, status: status)) \(verb)\(NumberFormat.count(count, noun))\(end)"
        }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    /// What became of a batch whose file was not read to its end, and how the file is taken in again; nil where it was read.
    var wayToReadAgain: String? {
        isIngested ? nil : "\(sentUnread); its file, run with --again, is taken in again"
    }

    /// What was sent of a batch whose file was not read to its end.
    var sentUnread: String {
        mayHaveBeenSent
            ? "lines of it may have been sent, and as many begin in doubt when it is taken in again"
            : "nothing of it was sent"
    }

    private func sends(_ records: String) -> String { records.isEmpty ? "continues with it" : "sends \(records)" }
}
