import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// `rollcall run`: takes files in, sends every record, writes the results.
public struct RunOperation: Sendable {
    private let request: RunRequest
    private let console: Console

    /// Describes the run.
    public init(_ request: RunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Runs the files one after the other; a file that cannot be used refuses the whole run before anything is queued.
    public func perform() async throws -> ExitStatus {
        let place = try Workplace(config: request.config)
        let job = try place.job(request.job)
        let inputs = try request.files.map { path in
            try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
        }
        if case .daemon(let process) = try place.runner() {
            let job = try place.jobForDaemon(request.job)
            return try await HandedOverRun(request: request, place: place, job: job, console: console)
                .perform(inputs, to: process)
        }
        let stop = StopSignal()
        let session = try RunSession(
            place: place, job: job, rate: request.rate, out: request.out, stop: stop, console: console)
        return try await SignalledWork.run(stop: stop, console: console) {
            let status = try await runAll(inputs, in: session)
            try await session.close()
            return status
        }
    }

    private func runAll(_ inputs: [ExaminedFile], in session: RunSession) async throws -> ExitStatus {
        let intake = session.intake(again: request.again, reuses: request.reuses)
        for input in inputs { _ = try intake.plan(for: input) }
        var statuses = [ExitStatus]()
        for input in inputs where !session.stop.isRaised {
            // Looked at once more: a file before it may have held the same bytes.
            guard let plan = try intake.planOrRefusal(for: input) else {
                statuses.append(.inputUnusable)
                continue
            }
            statuses.append(try await run(plan, intake, in: session))
        }
        return statuses.count < inputs.count ? .unfinished : .combined(statuses)
    }

    private func run(
        _ plan: BatchIntake.Plan, _ intake: BatchIntake, in session: RunSession
    ) async throws -> ExitStatus {
        if let batch = plan.unwritten {
            session.console.note(try session.results.reasonToWrite(batch))
            return try await session.conclude(batch, json: request.json)
        }
        if let batch = plan.unfinished, session.isRestored(batch.id) {
            session.console.note(
                "\(batch.name): paused; when its records in doubt are looked at, run it again to go on")
            return try session.standing(batch, json: request.json)
        }
        let batch = try await intake.takeIn(plan)
        let mayRun = try await session.confirmation(yes: request.yes).allows(batch)
        return mayRun
            ? try await session.run(batch.id, json: request.json) : try session.standing(batch, json: request.json)
    }
}

extension JobDefinition {
    /// The kind of file the job speaks of; nil where any will do.
    var inputKind: InputKind? {
        switch format {
        case .csv: .csv
        case .jsonl: .jsonLines
        case nil: nil
        }
    }
}
