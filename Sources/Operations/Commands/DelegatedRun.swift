import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import Results
import Settings

/// `rollcall run` beside a daemon: takes the files in, hands their batches over, follows them, and shows the results.
struct DelegatedRun {
    let request: RunRequest
    let place: Installation
    let job: JobDefinition
    let console: Console

    /// Hands the files over and waits for their batches.
    func perform(_ inputs: [ExaminedFile], to process: Int32) async throws -> ExitStatus {
        console.note("a daemon (process \(process)) runs this database; handing the work over to it")
        let (session, stop) = (try await OperatorSession(place, console: console), StopSignal())
        return try await SignalledWork.run(stop: stop, console: console) {
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
            try await session.close()
            return .combined(statuses + [outcome.status(of: inputs.count)].compactMap { $0 })
        }
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
            pricing: session.place.pricing)
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
