import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore
import Settings

/// Decides which batch a file belongs to, and takes its records in.
struct BatchIntake: Sendable {
    let store: RecordStore
    let job: JobDefinition
    let provenance: Provenance
    /// Where results of this job's batches are, for the refusal of a file that has been run.
    let results: BatchResults
    var stop: StopSignal
    let console: Console
    /// Whether a file whose batch has finished is taken in once more.
    var again = false
    /// Whether answers of earlier batches may serve, where the job says so.
    var reuses = true
    /// When files are taken in; nil: now.
    var takenAt: WallTime?
    /// What the database knows of the file where it was claimed from a folder.
    var claim: ClaimedFile?

    /// What is to be done with a file.
    struct Plan {
        enum Step {
            /// Make a batch of it.
            case begin
            /// Continue its batch, which is not finished.
            case goOn(Batch)
            /// Its batch has finished, and its result files, as it is now, are not where they should be: write them,
            /// and send nothing.
            case write(Batch)
            /// Its batch has finished, and its results lie in a folder: there is nothing to do.
            case passOver(Batch, results: String)
        }

        let input: ExaminedFile
        let step: Step

        /// The message about a file that is skipped; nil for any other.
        func notice(under job: JobDefinition) -> String? {
            guard case .passOver(let batch, let folder) = step else { return nil }
            return FinishedFile(name: input.file.name, batch: batch, results: folder).text(under: job)
        }
    }

    /// What is to be done with a file, by the batches that its content has made under the job.
    ///
    /// - Throws: `InputError` for a file that would be read and is still being written; `StoreError` when the database
    ///   cannot be read.
    func plan(for input: ExaminedFile) async throws -> Plan {
        Plan(input: input, step: try await step(for: input))
    }

    /// The same; nil for a file that is not taken in, which is reported.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    func planOrRefusal(for input: ExaminedFile) async throws -> Plan? {
        do {
            return try await plan(for: input)
        } catch let error as InputError {
            console.note(error.description)
            return nil
        }
    }

    private func step(for input: ExaminedFile) async throws -> Plan.Step {
        let known = try await store.findBatch(job: job.name, contentDigest: input.contentDigest)
        if let unfinished = known.first(where: { !$0.state.isFinished }) {
            if !unfinished.isIngested { try input.file.requireNoWriter() }
            return .goOn(unfinished)
        }
        if let finished = known.first, !again {
            return try await results.wholeFolder(of: finished).map { .passOver(finished, results: $0) }
                ?? .write(finished)
        }
        try input.file.requireNoWriter()
        return .begin
    }

    /// The batch with all of the file's records in it; its state says whether it may run.
    ///
    /// - Parameters:
    ///   - plan: What is to be done with the file.
    ///   - progress: Called with how much of the file has been read, in percent.
    /// - Returns: The batch.
    /// - Throws: `InputError`, `StoreError`; `OperationFailure` (3) if a stop came first.
    func takeIn(_ plan: Plan, progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Batch {
        let batch = try await batch(for: plan)
        guard !batch.isIngested else { return batch }
        try await store.takeUp(batch.id)
        guard batch.state == .ingesting else {
            throw OperationFailure(
                .unfinished, "\(batch.name) is \(batch.state.rawValue) now; nothing more of its file was taken in")
        }
        console.progressNote("\(batch.name): taking in \(plan.input.file.name)")
        report(try await ingest(plan.input, into: batch, progress), of: batch)
        return try await store.batch(batch.id)
    }

    /// Reads the file; a stop ends that between two chunks.
    private func ingest(
        _ input: ExaminedFile, into batch: Batch, _ progress: @escaping @Sendable (Int) -> Void
    ) async throws -> IngestSummary {
        let (stop, display) = (stop, IntakeDisplay(batch: batch, input: input, console: console))
        do {
            return try await Ingester(store: store).ingest(input, into: batch) { offset in
                display.show(offset)
                progress(min(100, offset * 100 / max(1, input.file.byteCount)))
                if stop.isRaised { throw CancellationError() }
            }
        } catch is CancellationError {
            throw OperationFailure(
                .unfinished,
                "\(batch.name): stopped while taking in; nothing was sent; run the same command again to continue")
        }
    }

    private func batch(for plan: Plan) async throws -> Batch {
        if case .goOn(let batch) = plan.step {
            console.note("\(batch.name): continuing where it was (\(batch.state.rawValue))")
            guard !batch.isIngested, batch.state == .paused else { return batch }
            _ = try await store.moveBatch(batch.id, from: [.paused], to: .ingesting, reason: nil)
            return try await store.batch(batch.id)
        }
        let new = NewBatch(
            job: job.name, fileName: plan.input.file.name, contentDigest: plan.input.contentDigest,
            format: plan.input.file.format.kind, layout: try plan.input.file.layout.encoded(),
            provenance: provenance, reuses: reuses, createdAt: takenAt, again: again)
        do {
            return try await store.createBatch(new, claimedFile: claim)
        } catch let error as StoreError where error.code == .takenIn && claim == nil {
            // Another command was quicker.
            throw OperationFailure(
                .inputUnusable,
                try await self.plan(for: plan.input).notice(under: job)
                    ?? "\(plan.input.file.name): \(error.message); nothing was taken in twice; the same command again "
                    + "continues with that batch")
        }
    }

    private func report(_ summary: IngestSummary, of batch: Batch) {
        var parts = [NumberFormat.count(summary.records, "record")]
        if summary.invalid > 0 { parts.append("\(NumberFormat.count(summary.invalid)) invalid") }
        if summary.repeatedRequests > 0 {
            parts.append("\(NumberFormat.count(summary.repeatedRequests)) the same as an earlier line")
        }
        if summary.duplicateIDs > 0 {
            parts.append("\(NumberFormat.count(summary.duplicateIDs)) with an id seen before")
        }
        if summary.blankLines > 0 {
            parts.append("\(NumberFormat.count(summary.blankLines, "blank line")) passed over")
        }
        console.progressNote("\(batch.name): \(parts.joined(separator: ", "))")
        for note in summary.notes {
            console.note("\(batch.name): noted of \(NumberFormat.count(note.count, "record")): \(note.refusal)")
        }
    }
}

/// A file whose content was run before, and the message about it: where its results are, and how to send the rest
/// without paying for anything twice.
private struct FinishedFile {
    let name: String
    /// Its newest batch, which is over.
    let batch: Batch
    /// The folder of its results.
    let results: String

    /// One sentence for the user who named the file again.
    func text(under job: JobDefinition) -> String {
        let date = NumberFormat.time(batch.finishedAt ?? batch.createdAt)
        return "\(name) was already run as \(batch.name), \(batch.state.rawValue) \(date), and is passed over; "
            + "its results are in \(results); \(batch.waysToSendRest ?? again(under: job))"
    }

    /// The only way to resend lines that have been answered.
    private func again(under job: JobDefinition) -> String {
        if batch.purged.payloads != nil {
            return "its rows were purged: drop failed.csv again to send what failed (--again runs \(job.onceMore))"
        }
        return batch.isIngested
            ? "nothing is left to be sent (--again runs \(job.onceMore))"
            : "\(batch.sentUnread) (--again takes it in again)"
    }
}

extension JobDefinition {
    /// What a file that was taken in before costs when it is run again.
    var onceMore: String {
        reuseWithin == nil
            ? "and bills it once more"
            : "it once more (with reuse_within: from earlier answers; add --no-reuse to call, and bill, again)"
    }
}
