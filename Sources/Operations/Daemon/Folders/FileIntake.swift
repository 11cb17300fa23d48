import Basics
import Foundation
import Ingest
import JobRunner
import Logging
import RecordStore
import Settings

/// Takes one file in under a job, from any folder, and returns the outcome.
struct FileIntake {
    /// The outcome for a file.
    enum Outcome {
        /// Its records are in this batch, which may run or waits for confirmation.
        case taken(Batch)
        /// The same content was taken in before under this job; nothing is sent again.
        case known(Batch)
        /// It cannot be used; nothing of it will be sent.
        case refused(InputError)
        /// The daemon ends, or the batch was paused while it was being read: it continues later.
        case interrupted
    }

    let context: DaemonContext
    let job: JobDefinition

    /// Reads a file into its batch.
    ///
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - claim: What the database knows of it, where it was claimed; a batch named there is continued.
    ///   - progress: Called with how much of the file has been read, in percent.
    /// - Returns: The outcome.
    /// - Throws: `StoreError` when state could not be read or written.
    func take(_ path: String, claim: ClaimedFile, progress: @escaping @Sendable (Int) -> Void) async throws -> Outcome {
        do {
            let input = try examined(path)
            let claim = try await current(claim, for: input)
            if let earlier = try await earlier(input, than: claim) { return .known(earlier) }
            let own = try await context.store.batch(of: claim)
            if let own, own.state.isFinished { return .taken(own) }
            let plan = BatchIntake.Plan(input: input, step: own.map { .goOn($0) } ?? .begin)
            return .taken(try await admit(try await intake(claiming: claim).takeIn(plan, progress: progress)))
        } catch let error as InputError {
            return .refused(try await giveUp(path, because: error))
        } catch let error as StoreError where error.code == .takenIn {
            // Another process was quicker; its batch is found now.
            return try await take(path, claim: claim, progress: progress)
        } catch let error as StoreError where !error.isFatal {
            return .interrupted
        } catch is OperationFailure {
            return .interrupted
        }
    }

    /// What is known of the file that lies there now: nothing, if it has replaced the one that was claimed.
    private func current(_ claim: ClaimedFile, for input: ExaminedFile) async throws -> ClaimedFile {
        guard let batch = try await context.store.batch(of: claim), batch.contentDigest != input.contentDigest else {
            return claim
        }
        let another = InputError(file: claim.name, rule: "was replaced by another file before all of it was read")
        _ = try await giveUp(claim.path, because: another)
        try await context.store.forgetClaimedFile(at: claim.path)
        return ClaimedFile(path: claim.path, job: claim.job, name: claim.name, claimedAt: context.clock.now)
    }

    /// A batch whose file cannot be read to its end any more is over. Nothing of it was sent, unless a server or a restore lost
    /// the end of its reading.
    ///
    /// - Returns: The error, with what became of the lines.
    private func giveUp(_ path: String, because error: InputError) async throws -> InputError {
        guard let claim = try await context.store.claimedFile(at: path),
            let batch = try await context.store.batch(of: claim), !batch.isIngested,
            try await context.store.moveBatch(
                batch.id, from: [.ingesting, .paused], to: .rejected, reason: error.description)
        else { return error }
        context.log.error("batch given up", metadata: batch.logged(["reason": "\(error.description)"]))
        context.batchWakeSignal.wakeUp()
        guard batch.mayHaveBeenSent else { return error }
        var error = error
        error.consequence = "was refused, and lines of it may have been sent before, as \(batch.name)"
        error.remedy =
            "Ask those who run Rollcall which lines the provider has answered, before you drop it again, corrected or not"
        return error
    }

    private func examined(_ path: String) throws -> ExaminedFile {
        try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).examine()
    }

    private func intake(claiming claim: ClaimedFile) -> BatchIntake {
        let configuration = context.configuration
        var intake = BatchIntake(
            store: context.store, job: job, provenance: configuration.provenance, results: context.results(of: job),
            stop: context.stop, console: .silent)
        intake.claim = claim
        intake.takenAt = context.clock.now
        return intake
    }

    /// The batch of the same bytes under the same job, unless it is this very claim's.
    private func earlier(_ input: ExaminedFile, than claim: ClaimedFile) async throws -> Batch? {
        let known = try await context.store.findBatch(job: job.name, contentDigest: input.contentDigest)
        return known.contains { $0.id == claim.batch } ? nil : known.first
    }

    /// Lets a batch whose file has been read run, or wait for confirmation.
    private func admit(_ batch: Batch) async throws -> Batch {
        guard batch.state == .ingesting else { return batch }
        let spending = Spending(
            store: context.store, job: job, pricing: context.configuration.place.pricing, clock: context.clock)
        let confirmation = try await spending.confirmation(of: batch)
        let isAdmitted = try await context.store.finishIngest(
            batch.id, state: confirmation.state, reason: confirmation.reason)
        let admitted = try await context.store.batch(batch.id)
        guard isAdmitted else { return admitted }
        context.log.notice("file taken in", metadata: admitted.logged(["records": "\(admitted.counts.total)"]))
        if admitted.state == .awaitingConfirmation {
            let next = try await context.store.hint(toStart: admitted)
            context.log.notice(
                "batch waits for confirmation",
                metadata: admitted.logged(["next": "\(next)", "reason": "\(admitted.reason ?? "")"]))
            context.notices.notify(
                .awaitingConfirmation, of: admitted, under: job, next: next, cost: confirmation.estimate.cost)
        }
        context.batchWakeSignal.wakeUp()
        return admitted
    }
}

/// The message about a file in a drop folder whose content was taken in before: where its results are, and what can be
/// done. A pure rule.
struct RepeatedFile {
    let file: String
    /// Where the file lies once it is refused.
    let rejectedPath: String
    /// The batch of the same content.
    let batch: Batch
    let job: JobDefinition
    /// The folder of that batch's results, as people at the drop folder see it.
    let results: String

    /// Why the file is refused.
    var error: InputError {
        var error = InputError(
            file: file,
            rule: "holds exactly what was taken in before as \(batch.name) (\(batch.fileName)), which \(standing)")
        error.remedy = remedy
        return error
    }

    private var standing: String {
        switch batch.state {
        case .completed where batch.purged.results != nil, .cancelled where batch.purged.results != nil:
            "was \(batch.state.rawValue), and what is personal of it erased since"
        case .completed: "is completed: its results are in \(results)"
        case .cancelled where !batch.isIngested: "was cancelled before all of it was read: \(batch.sentUnread)"
        case .cancelled: "was cancelled: its results are in \(results)"
        case .rejected: "was refused"
        case .awaitingConfirmation: "waits for a confirmation"
        case .paused, .halted: "is \(batch.state.rawValue)"
        case .ingesting, .running: "is under way: its results will be in \(results)"
        }
    }

    private var remedy: String {
        switch batch.state {
        case .completed where batch.purged.results != nil, .cancelled where batch.purged.results != nil: again
        case .cancelled where !batch.isIngested: again
        case .completed, .rejected:
            "Nothing, if those results will do. \(again)"
        case .cancelled where batch.counts.cancelled > 0:
            "Drop cancelled.\(batch.format.rawValue) from there here, which sends what was not sent. \(again)"
        case .cancelled: "Nothing, if those results will do. \(again)"
        case .awaitingConfirmation: "Ask those who run Rollcall for \(Hint.start(batch: batch.name))"
        case .paused, .halted:
            "Ask those who run Rollcall why; once that is put right, \(Hint.resume(batch: batch.name)) continues it"
        case .ingesting, .running: "Nothing: wait for those results"
        }
    }

    /// Where to request everything again.
    private var again: String {
        "To have all lines answered once more, ask those who run Rollcall for "
            + "\(Hint.submit(file: rejectedPath, job: job.name, again: true)), which runs \(job.onceMore)"
    }
}
