import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import Results
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

/// `rollcall run` beside a daemon: takes the files in, hands their batches over, follows them, and shows the results.
private struct DelegatedRun {
    let request: RunRequest
    let place: Installation
    let job: JobDefinition
    let console: Console

    /// Hands the files over and waits for their batches.
    func perform(_ inputs: [ExaminedFile], to process: Int32) async throws -> ExitStatus {
        console.note("a daemon (process \(process)) runs this database; handing the work over to it")
        return try await OperatorSession.with(place, console: console) { session in
            let stop = StopSignal()
            return try await SignalledWork.run(stop: stop, console: console) {
                try await follow(inputs, in: session, until: stop)
            }
        }
    }

    private func follow(
        _ inputs: [ExaminedFile], in session: OperatorSession, until stop: StopSignal
    ) async throws -> ExitStatus {
        let outcome = try await BatchSubmission(session: session, job: job, request: request, stop: stop)
            .submit(inputs)
        var statuses = [ExitStatus]()
        let followed = FollowedBatch(
            session: session, job: job, stop: stop, out: request.out, json: request.json)
        for file in outcome.files {
            if file.isPassedOver {
                _ = try await followed.standing(file.batch)
            } else {
                statuses.append(try await followed.end(of: file.batch.id))
            }
        }
        return .combined(statuses + [outcome.status(of: inputs.count)].compactMap { $0 })
    }
}

/// A batch that another process runs, followed to where it stops, with what its end means.
struct FollowedBatch {
    let session: OperatorSession
    let job: JobDefinition
    let stop: StopSignal
    /// Where results are to be written once more; nil: the runner's are enough.
    let out: String?
    let json: Bool

    /// Follows it and prints the result.
    func end(of id: BatchID) async throws -> ExitStatus {
        let batch = try await BatchFollower(session: session, stop: stop).follow(id)
        guard batch.state.isFinished else {
            session.console.note(try await standstill(batch))
            return try await standing(batch)
        }
        // A runner with other settings may have written them elsewhere.
        let known = out == nil ? try await results.written(batch) : nil
        let written =
            if let known { known } else {
                try await results.publish(
                    batch, by: { [place = session.place] in try place.operatorProvenance() }, console: session.console)
            }
        session.console.output(json ? JSONText.text(of: written.summary) : SummaryText.text(of: written))
        return ExitStatusPolicy.status(of: batch.counts, accepting: job.accept)
    }

    /// What a script is given for a batch with nothing to wait for.
    func standing(_ batch: Batch) async throws -> ExitStatus {
        if json { session.console.output(JSONText.text(of: try await results.summary(of: batch))) }
        return batch.state.isFinished ? ExitStatusPolicy.status(of: batch.counts, accepting: job.accept) : .unfinished
    }

    private var results: BatchResults {
        BatchResults(
            store: session.store, pricing: session.place.pricing,
            place: ResultsLocation(job, settings: session.place.settings), out: out.map(ResultsLocation.init(output:)))
    }

    /// Where the batch stands and why, and what to do, which a halt's reason ends in already.
    private func standstill(_ batch: Batch) async throws -> String {
        let state = "\(batch.name) is \(batch.state.rawValue)"
        guard let reason = batch.reason else { return "\(state); \(try await continuation(batch))" }
        if reason.contains("\(Hint.resume(batch: batch.name))") { return "\(state): \(reason)" }
        return "\(state): \(reason.withoutFullStop); \(try await continuation(batch))"
    }

    private func continuation(_ batch: Batch) async throws -> String {
        switch batch.state {
        case .awaitingConfirmation: "\(try await session.store.hint(toStart: batch)) agrees to it"
        case .paused, .halted: "\(Hint.resume(batch: batch.name)) continues with it"
        default: "the daemon continues with it; \(Hint.status(batch: batch.name)) shows its progress"
        }
    }
}

/// Shows the progress of a batch that another process runs, until it is over or stands still.
struct BatchFollower {
    let session: OperatorSession
    let stop: StopSignal
    /// How often the batch is read: often enough to look alive.
    private static let interval = Duration.milliseconds(250)

    /// The batch once nothing more will happen to it by itself; sooner if the user gives up waiting.
    ///
    /// - Throws: `OperationFailure` (3) when the process that runs it has ended before.
    func follow(_ id: BatchID) async throws -> Batch {
        let begun = try await session.store.batch(id)
        let cost = try await RunningCost(
            of: begun, under: session.place.jobOrSettings(of: begun), in: session.store,
            pricing: session.place.pricing, at: .now())
        var display = FollowDisplay(batch: begun, cost: cost, console: session.console)
        while true {
            let batch = try await session.store.batch(id)
            display.show(batch, waiting: try await waiting())
            if stop.isRaised {
                display.finish()
                return batch
            }
            if try await isOver(batch) {
                display.finish()
                return batch
            }
            guard try await session.place.runner() != .nobody else {
                throw OperationFailure(
                    .unfinished,
                    "\(batch.name): the daemon has ended before the batch; run the same command again to continue")
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    private func waiting() async throws -> String? {
        if let full = try await session.place.storage().waiting { return full }
        return try await session.store.runnerStatus()?.waiting()
    }

    private func isOver(_ batch: Batch) async throws -> Bool {
        batch.state.isFinished ? try await session.store.hasResults(batch.id) : batch.state.isAtRest
    }
}

/// The progress of a batch that another process runs, read from the database: in place on a terminal, a line every few
/// seconds elsewhere.
struct FollowDisplay {
    private let console: Console
    private let start = ContinuousClock.now
    private var meter: RateMeter
    private var line: ProgressLine
    private var lastShown: ContinuousClock.Instant?
    private let cost: RunningCost?
    private let billedBefore: Int
    /// How often a line is printed where standard error is a file, which would otherwise fill up.
    private static let plainInterval = Duration.seconds(5)

    init(batch: Batch, cost: RunningCost?, console: Console) {
        (self.console, self.cost, billedBefore) = (console, cost, batch.counts.billable)
        line = ProgressLine(name: batch.name, total: batch.counts.total, done: 0)
        line.take(batch.counts)
        meter = RateMeter(finished: line.done)
    }

    /// Shows the state of the batch, and why no calls are made, if that is so.
    mutating func show(_ batch: Batch, waiting: String?) {
        let counts = batch.counts
        line.total = counts.total
        line.take(counts)
        line.cost = cost?.text(billed: counts.billable - billedBefore)
        line.pause = (waiting ?? (batch.state == .running ? nil : batch.state.rawValue)).map { .because($0) }
        let now = ContinuousClock.now
        meter.note(finished: line.done, at: now - start)
        line.rate = meter.perSecond
        guard console.rewritesProgress || lastShown.map({ now - $0 >= Self.plainInterval }) ?? true else { return }
        lastShown = now
        console.show(line)
    }

    /// Leaves the last state standing on a line of its own.
    func finish() {
        console.show(line)
        console.endProgress()
    }
}
