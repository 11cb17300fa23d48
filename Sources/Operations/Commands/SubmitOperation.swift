import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// `rollcall submit`: takes files in beside the process that runs the database; a daemon continues them.
package struct SubmitOperation: Sendable {
    private let request: RunRequest
    private let console: Console

    /// Describes what to take in; of the request `out` and `rate` have no meaning here.
    package init(_ request: RunRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Takes the files in, one after the other; a file that cannot be used refuses all before anything is queued, and
    /// one whose batch has finished is skipped.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: request.config)
        let job = try place.jobForDaemon(request.job)
        let inputs = try request.files.map { path in
            try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
        }
        try await place.makeDatabaseIfMissing()
        return try await OperatorSession.with(place, console: console) { session in
            let stop = StopSignal()
            return try await SignalledWork.run(stop: stop, console: console) {
                try await submit(inputs, under: job, in: session, until: stop)
            }
        }
    }

    private func submit(
        _ inputs: [ExaminedFile], under job: JobDefinition, in session: OperatorSession, until stop: StopSignal
    ) async throws -> ExitStatus {
        let outcome = try await BatchSubmission(session: session, job: job, request: request, stop: stop)
            .submit(inputs)
        let batches = outcome.files.map(\.batch)
        for batch in batches where !request.json { console.output(batch.name) }
        if request.json {
            let outlooks = try await BatchOutlooks(session.place, session.store)
            var statuses: [BatchStatus] = []
            for batch in batches { statuses.append(try await BatchStatus(batch, outlooks)) }
            console.output(JSONText.text(of: statuses))
        }
        return outcome.status(of: inputs.count)
            ?? (batches.contains { $0.state == .awaitingConfirmation } ? .unfinished : .succeeded)
    }
}

/// Takes files into batches beside the process that runs the database, and lets them run or wait for confirmation.
struct BatchSubmission {
    let session: OperatorSession
    let job: JobDefinition
    let request: RunRequest
    let stop: StopSignal

    /// The result for the files.
    struct Outcome {
        struct File {
            let batch: Batch
            /// Whether its batch had finished before, so that there was nothing to do.
            let isPassedOver: Bool
        }

        /// The files in order, as far as a stop let them be taken in.
        var files: [File] = []
        /// How many files were refused: they were being written to meanwhile.
        var refused = 0

        /// How the command ends that was given so many files; nil: as the batches say.
        func status(of count: Int) -> ExitStatus? {
            if refused > 0 { return .inputUnusable }
            if files.count < count { return .unfinished }
            return files.allSatisfy(\.isPassedOver) ? .inputUnusable : nil
        }
    }

    /// Takes the files in, one after the other; those whose batch has finished are skipped and named.
    func submit(_ inputs: [ExaminedFile]) async throws -> Outcome {
        let intake = try intake()
        for input in inputs { _ = try await intake.plan(for: input) }
        var outcome = Outcome()
        for input in inputs where !stop.isRaised {
            // Checked again: a file before it may have had the same content.
            guard let plan = try await intake.planOrRefusal(for: input) else {
                outcome.refused += 1
                continue
            }
            let notice = plan.notice(under: job)
            if let notice { session.console.note(notice) }
            outcome.files.append(
                Outcome.File(batch: try await batch(for: plan, intake), isPassedOver: notice != nil))
        }
        return outcome
    }

    private func batch(for plan: BatchIntake.Plan, _ intake: BatchIntake) async throws -> Batch {
        switch plan.step {
        case .passOver(let batch, _): return batch
        case .write(let batch):
            session.console.note(try await intake.results.reasonToWrite(batch))
            return batch
        case .begin, .goOn: return try await admitted(try await intake.takeIn(plan))
        }
    }

    /// Lets a batch run, or wait for confirmation; one that stood still continues.
    private func admitted(_ batch: Batch) async throws -> Batch {
        guard try await confirmation.allows(batch) else { return try await session.store.batch(batch.id) }
        switch try await session.store.batch(batch.id).state {
        case .awaitingConfirmation: try await goOn(batch, from: [.awaitingConfirmation], by: .start)
        case .paused, .halted: try await goOn(batch, from: [.paused, .halted], by: .resume)
        default: break
        }
        session.console.note("\(batch.name): submitted; \(try await session.continuingRunner(of: batch.id))")
        return try await session.store.batch(batch.id)
    }

    private func goOn(_ batch: Batch, from states: Set<BatchState>, by command: BatchCommand) async throws {
        _ = try await session.store.moveBatch(
            batch.id, from: states, to: .running, reason: nil, noting: session.action(command.action, of: batch.id))
    }

    private var confirmation: Confirmation {
        Confirmation(
            store: session.store, job: job, pricing: session.place.pricing, stop: stop, console: session.console,
            yes: request.yes)
    }

    private func intake() throws -> BatchIntake {
        let place = session.place
        var provenance = try place.provenance(place.credentials())
        if let actor = session.actor { provenance.user = actor }
        let results = BatchResults(
            store: session.store, pricing: place.pricing,
            place: ResultsLocation(job, settings: place.settings), out: request.out.map(ResultsLocation.init(output:)))
        return BatchIntake(
            store: session.store, job: job, provenance: provenance, results: results,
            stop: stop, console: session.console, again: request.again,
            reuses: request.reuses)
    }
}
