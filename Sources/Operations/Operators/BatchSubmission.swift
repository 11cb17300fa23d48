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

    /// The files' batches, as far as a stop lets them be taken in.
    func submit(_ inputs: [ExaminedFile]) async throws -> [Batch] {
        let intake = try intake()
        let plans = try inputs.map { try intake.plan(for: $0) }
        var batches = [Batch]()
        for plan in plans where !stop.isRaised {
            if let batch = plan.unwritten {
                batches.append(batch)
                continue
            }
            let batch = try await intake.takeIn(plan)
            batches.append(try await admitted(batch))
        }
        return batches
    }

    /// Lets a batch run, or wait for a person's word; one that stood still goes on.
    private func admitted(_ batch: Batch) async throws -> Batch {
        guard try await confirmation.allows(batch) else { return try session.store.batch(batch.id) }
        switch try session.store.batch(batch.id).state {
        case .awaitingConfirmation: try await goOn(batch, by: .start)
        case .paused, .halted: try await goOn(batch, by: .resume)
        default: break
        }
        session.console.note("\(batch.name): submitted; \(try session.whoGoesOn())")
        return try session.store.batch(batch.id)
    }

    private func goOn(_ batch: Batch, by command: BatchCommand) async throws {
        try await session.move(batch.id, to: .running, reason: nil, by: command)
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
            place: request.out.map(ResultsPlace.init(output:)) ?? ResultsPlace(job, settings: place.settings),
            timeZone: job.limits.timeZone)
        return BatchIntake(
            store: session.store, job: job, provenance: try place.provenance(place.credentials()), results: results,
            stop: stop, console: session.console, again: request.again,
            reuses: request.reuses)
    }
}
