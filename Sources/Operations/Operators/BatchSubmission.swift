import Ingest
import JobRunner
import RecordStore
import Settings

/// Takes files into batches beside whoever runs the database, and lets them run or wait for a person's word.
struct BatchSubmission {
    let session: OperatorSession
    let job: JobDefinition
    let request: RunRequest
    let stop: StopSignal

    /// What came of the files.
    struct Outcome {
        struct File {
            let batch: Batch
            /// Whether its batch had finished before, so that there was nothing to do.
            let isPassedOver: Bool
        }

        /// The files in order, as far as a stop let them be taken in.
        var files: [File] = []
        /// How many files were refused: somebody began to write to them meanwhile.
        var refused = 0

        /// How the command ends that was given so many files; nil: as the batches say.
        func status(of count: Int) -> ExitStatus? {
            if refused > 0 { return .inputUnusable }
            if files.count < count { return .unfinished }
            return files.allSatisfy(\.isPassedOver) ? .inputUnusable : nil
        }
    }

    /// Takes the files in, one after the other; those whose batch has finished are passed over and named.
    func submit(_ inputs: [ExaminedFile]) async throws -> Outcome {
        let intake = try intake()
        for input in inputs { _ = try intake.plan(for: input) }
        var outcome = Outcome()
        for input in inputs where !stop.isRaised {
            // Looked at once more: a file before it may have held the same bytes.
            guard let plan = try intake.planOrRefusal(for: input) else {
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
            session.console.note(try intake.results.reasonToWrite(batch))
            return batch
        case .begin, .goOn: return try await admitted(try await intake.takeIn(plan))
        }
    }

    /// Lets a batch run, or wait for a person's word; one that stood still goes on.
    private func admitted(_ batch: Batch) async throws -> Batch {
        guard try await confirmation.allows(batch) else { return try session.store.batch(batch.id) }
        switch try session.store.batch(batch.id).state {
        case .awaitingConfirmation: try await goOn(batch, from: [.awaitingConfirmation], by: .start)
        case .paused, .halted: try await goOn(batch, from: [.paused, .halted], by: .resume)
        default: break
        }
        session.console.note("\(batch.name): submitted; \(try session.continuingRunner())")
        return try session.store.batch(batch.id)
    }

    private func goOn(_ batch: Batch, from states: Set<BatchState>, by command: BatchCommand) async throws {
        _ = try await session.store.moveBatch(
            batch.id, from: states, to: .running, reason: nil, noting: session.action(command.rawValue, of: batch.id))
    }

    private var confirmation: Confirmation {
        Confirmation(
            store: session.store, job: job, pricing: session.place.pricing, stop: stop, console: session.console,
            yes: request.yes)
    }

    private func intake() throws -> BatchIntake {
        let place = session.place
        let results = BatchResults(
            store: session.store, pricing: place.pricing,
            place: ResultsLocation(job, settings: place.settings), out: request.out.map(ResultsLocation.init(output:)))
        return BatchIntake(
            store: session.store, job: job, provenance: try place.provenance(place.credentials()), results: results,
            stop: stop, console: session.console, again: request.again,
            reuses: request.reuses)
    }
}
