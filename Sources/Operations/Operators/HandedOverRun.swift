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
        let (session, stop) = (try OperatorSession(place, console: console), StopSignal())
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
    /// Where results are to be written once more; nil: those of the runner will do.
    let out: String?
    let json: Bool

    /// Follows it and prints what came of it.
    func end(of id: BatchID) async throws -> ExitStatus {
        let batch = try await BatchFollower(session: session, stop: stop).follow(id)
        guard batch.state.isFinished else {
            let reason = batch.reason.map { ": \($0)" } ?? ""
            session.console.note(
                "\(batch.name) is \(batch.state.rawValue)\(reason); \(try goesOn(batch))")
            return try await standing(batch)
        }
        // A runner with other settings may have written them elsewhere.
        let known = out == nil ? try results.written(batch) : nil
        let written =
            if let known { known } else {
                try await results.publish(
                    batch, by: { [place = session.place] in try place.operatorProvenance() }, console: session.console)
            }
        session.console.output(json ? JSONText.text(of: written.summary) : SummaryText.text(of: written))
        return Verdict.status(of: batch.counts, accepting: job.accept)
    }

    /// What a script reads of a batch for which there is nothing to wait.
    func standing(_ batch: Batch) async throws -> ExitStatus {
        if json { session.console.output(JSONText.text(of: try results.summary(of: batch))) }
        return batch.state.isFinished ? Verdict.status(of: batch.counts, accepting: job.accept) : .unfinished
    }

    private var results: BatchResults {
        BatchResults(
            store: session.store, pricing: session.place.pricing,
            place: ResultsLocation(job, settings: session.place.settings), out: out.map(ResultsLocation.init(output:)))
    }

    private func goesOn(_ batch: Batch) throws -> String {
        switch batch.state {
        case .awaitingConfirmation: "\(try session.store.hint(toStart: batch)) agrees to it"
        case .paused, .halted: "\(Hint.resume(batch: batch.name)) goes on with it"
        default: "the daemon goes on with it; \(Hint.status(batch: batch.name)) shows how it fares"
        }
    }
}
