import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// `rollcall run`: takes files in, sends every record, writes the results.
package struct RunOperation: Sendable {
    private let request: RunRequest
    private let console: Console

    /// Describes the run.
    package init(_ request: RunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Runs the files one after the other; a file that cannot be used refuses the whole run before anything is queued,
    /// and one whose batch has finished is skipped.
    ///
    /// - Returns: The combined status of the batches that ran; `inputUnusable` where every file was skipped.
    /// - Throws: `OperationFailure` (64) for a rate beside a daemon, which has its own; the errors of files, settings
    ///   and database.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: request.config)
        let job = try place.job(request.job)
        let runner = try await place.runner()
        if case .daemon(let process) = runner, request.rate != nil { throw rateRefusal(process) }
        let inputs = try request.files.map { path in
            try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
        }
        if case .daemon(let process) = runner {
            let job = try place.jobForDaemon(request.job)
            return try await DelegatedRun(request: request, place: place, job: job, console: console)
                .perform(inputs, to: process)
        }
        let stop = StopSignal()
        let session = try await RunSession(
            place: place, job: job, rate: request.rate, out: request.out, stop: stop, console: console)
        return try await session.whileSignalsAreHeard {
            let status = try await runAll(inputs, in: session)
            try await session.close()
            return status
        }
    }

    private func rateRefusal(_ daemon: Int32) -> OperationFailure {
        OperationFailure(
            .usage,
            "--rate cannot be kept beside a daemon (process \(daemon)), which sends as fast as its settings say; leave it "
                + "out, or set limits.rate there and send the daemon SIGHUP")
    }

    private func runAll(_ inputs: [ExaminedFile], in session: RunSession) async throws -> ExitStatus {
        try await session.store.recordAction(
            Action(
                at: WallTime.now(), batch: nil, name: .startRunner,
                detail: "run of \(Counted.things(inputs.count, "file")) under job \(session.job.name)"
                    + (request.yes ? ", agreeing beforehand to what they cost" : ""),
                provenance: session.provenance))
        let intake = session.intake(again: request.again, reuses: request.reuses)
        for input in inputs { _ = try await intake.plan(for: input) }
        var (statuses, passedOver) = ([ExitStatus](), 0)
        for input in inputs where !session.stop.isRaised {
            // Checked again: a file before it may have had the same content.
            guard let plan = try await intake.planOrRefusal(for: input) else {
                statuses.append(.inputUnusable)
                continue
            }
            if let notice = plan.notice(under: session.job) {
                console.note(notice)
                passedOver += 1
            }
            if let status = try await run(plan, intake, in: session) { statuses.append(status) }
        }
        guard statuses.count + passedOver == inputs.count else { return .unfinished }
        return statuses.isEmpty ? .inputUnusable : .combined(statuses)
    }

    /// Nil for a file that is skipped: nothing of it is this run's.
    private func run(
        _ plan: BatchIntake.Plan, _ intake: BatchIntake, in session: RunSession
    ) async throws -> ExitStatus? {
        switch plan.step {
        case .passOver(let batch, _):
            _ = try await session.standing(batch, json: request.json)
            return nil
        case .write(let batch):
            console.note(try await session.results.reasonToWrite(batch))
            return try await session.conclude(batch, json: request.json)
        case .goOn(let batch) where session.isRestored(batch.id):
            console.note("\(batch.name): paused; when its records in doubt are looked at, run it again to continue")
            return try await session.standing(batch, json: request.json)
        case .begin, .goOn:
            let batch = try await intake.takeIn(plan)
            let mayRun = try await session.confirmation(yes: request.yes).allows(batch)
            return mayRun
                ? try await session.run(batch.id, json: request.json)
                : try await session.standing(batch, json: request.json)
        }
    }
}

extension JobDefinition {
    /// The kind of file that the job specifies; nil: any.
    var inputKind: InputKind? {
        switch format {
        case .csv: .csv
        case .jsonl: .jsonLines
        case nil: nil
        }
    }
}

/// What `rollcall run` is to do.
package struct RunRequest: Sendable {
    /// Input files, in order.
    package var files: [String]
    /// The settings file.
    package var config: String
    /// The job's name or file; nil for none.
    package var job: String?
    /// Folder for the result files; nil for the settings'.
    package var out: String?
    /// Calls per second; nil for the job's.
    package var rate: Double?
    /// Whether to continue above `confirm_above` without asking.
    package var yes: Bool
    /// Whether a file whose batch has finished is taken in again.
    package var again: Bool
    /// Whether answers of earlier batches may serve, where the job says so.
    package var reuses: Bool
    /// Whether the summaries go to standard output as JSON.
    package var json: Bool

    /// Describes one run.
    package init(
        files: [String], config: String, job: String? = nil, out: String? = nil, rate: Double? = nil, yes: Bool = false,
        again: Bool = false, reuses: Bool = true, json: Bool = false
    ) {
        self.files = files
        self.config = config
        self.job = job
        self.out = out
        self.rate = rate
        self.yes = yes
        self.again = again
        self.reuses = reuses
        self.json = json
    }
}
