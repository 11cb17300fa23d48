import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// Decides which batch a file belongs to, and takes its records in.
struct BatchIntake {
    let session: RunSession
    /// Whether a file whose batch has finished is taken in once more.
    let again: Bool

    /// What is to be done with a file.
    struct Plan {
        let input: ExaminedFile
        /// The unfinished batch to go on with; nil for a new one.
        let unfinished: Batch?
        /// The finished batch whose result files were never written whole; nothing is sent for it.
        var unwritten: Batch?
    }

    /// The file's batch, if it has one that is not finished.
    ///
    /// - Throws: `OperationFailure` (65) for a file whose batch has finished, unless `again`.
    func plan(for input: ExaminedFile) throws -> Plan {
        let known = try session.store.findBatch(job: session.job.name, contentDigest: input.contentDigest)
        if let unfinished = known.first(where: { !$0.state.isFinished }) {
            return Plan(input: input, unfinished: unfinished)
        }
        if let finished = known.first, !again {
            guard !session.results.areWhole(for: finished) else { throw refusal(of: finished, input) }
            return Plan(input: input, unfinished: nil, unwritten: finished)
        }
        return Plan(input: input, unfinished: nil)
    }

    /// The batch with all of the file's records in it; its state says whether it may run.
    func takeIn(_ plan: Plan) async throws -> Batch {
        let batch = try await batch(for: plan)
        guard !batch.isIngested else { return batch }
        session.console.note("\(batch.name): taking in \(plan.input.file.name)")
        async let summary = ingest(plan.input, into: batch)
        tell(try await summary, of: batch)
        return try session.store.batch(batch.id)
    }

    /// Reads the file in a task of its own, which a stop cancels between two chunks.
    private func ingest(_ input: ExaminedFile, into batch: Batch) async throws -> IngestSummary {
        let (stop, display) = (session.stop, IntakeDisplay(batch: batch, input: input, console: session.console))
        do {
            return try await Ingester(store: session.store).ingest(input, into: batch) { offset in
                display.show(offset)
                if stop.isRaised { withUnsafeCurrentTask { $0?.cancel() } }
            }
        } catch is CancellationError {
            throw OperationFailure(
                .unfinished,
                "\(batch.name): stopped while taking in; nothing was sent; run the same command again to go on")
        }
    }

    private func batch(for plan: Plan) async throws -> Batch {
        if let batch = plan.unfinished {
            session.console.note("\(batch.name): going on where it was (\(batch.state.rawValue))")
            guard !batch.isIngested, batch.state == .paused else { return batch }
            try await session.store.setState(batch.id, to: .ingesting, reason: nil)
            return try session.store.batch(batch.id)
        }
        return try await session.store.createBatch(
            NewBatch(
                job: session.job.name, fileName: plan.input.file.name, contentDigest: plan.input.contentDigest,
                format: plan.input.file.format.kind == .csv ? "csv" : "jsonl", layout: plan.input.file.layout.encoded(),
                provenance: session.provenance))
    }

    private func tell(_ summary: IngestSummary, of batch: Batch) {
        var parts = [Figures.count(summary.records, "record")]
        if summary.invalid > 0 { parts.append("\(Figures.count(summary.invalid)) invalid") }
        if summary.duplicateIDs > 0 { parts.append("\(Figures.count(summary.duplicateIDs)) with an id seen before") }
        session.console.note("\(batch.name): \(parts.joined(separator: ", "))")
    }

    private func refusal(of batch: Batch, _ input: ExaminedFile) -> OperationFailure {
        let date = batch.finishedAt.map(Figures.time) ?? Figures.time(batch.createdAt)
        return OperationFailure(
            .inputUnusable,
            "\(input.file.name) was already run as \(batch.name), \(batch.state.rawValue) \(date); its results are in "
                + "\(session.output)/\(batch.name); --again runs and bills it once more")
    }
}
