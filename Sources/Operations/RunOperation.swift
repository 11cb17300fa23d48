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
        let planned = try inputs.map { try intake.plan(for: $0) }
        var statuses = [ExitStatus]()
        for plan in planned where !session.stop.isRaised {
            if let batch = plan.unwritten {
                session.console.note(try session.results.reasonToWrite(batch))
                statuses.append(try await session.conclude(batch, json: request.json))
                continue
            }
            if let batch = plan.unfinished, session.isRestored(batch.id) {
                session.console.note(
                    "\(batch.name): paused; when its records in doubt are looked at, run it again to go on")
                statuses.append(try session.standing(batch, json: request.json))
                continue
            }
            let batch = try await intake.takeIn(plan)
            let mayRun = try await session.confirmation(yes: request.yes).allows(batch)
            statuses.append(
                mayRun
                    ? try await session.run(batch.id, json: request.json)
                    : try session.standing(batch, json: request.json))
        }
        return statuses.count < planned.count ? .unfinished : .combined(statuses)
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
