import Basics
import DropFolder
import Ingest
import JobRunner
import Logging
import RecordStore
import Results
import Settings

/// The files of a drop folder whose batches wait for confirmation. They are back in the inbox meanwhile: removing one
/// there withdraws it, and its batch is cancelled.
///
/// A file put in its place withdraws it, too: that usually is the corrected one, and sending both would pay twice for what
/// is in both. Nothing of the first has been sent, and its lines are in the results as cancelled.
struct FilesAwaitingConfirmation {
    let context: DaemonContext
    let job: JobDefinition
    let folder: DropFolder
    private var sameNames: SameNameFiles
    /// Files that were not there at the last look, and since when.
    private var missing: [String: MonotonicTime] = [:]

    init(context: DaemonContext, job: JobDefinition, folder: DropFolder) {
        (self.context, self.job, self.folder) = (context, job, folder)
        sameNames = SameNameFiles(folder: folder)
    }

    /// Puts the files of batches that have begun to wait back into the inbox, and cancels batches whose files are gone
    /// from there, or replaced by a whole one. A program that replaces a file may take it away for a moment, so that it
    /// must be gone for `settle`, at most a minute.
    ///
    /// - Parameters:
    ///   - claims: the job's files that have a batch.
    ///   - listing: what lies in the inbox.
    ///   - whole: the names of the files there that are whole.
    /// - Returns: When to look again; nil: when something changes.
    /// - Throws: `StoreError` when state could not be read or written; `DropFolderError` when a file cannot be moved.
    mutating func reconcile(
        _ claims: [ClaimedFile], _ listing: FolderListing, whole: Set<String>
    ) async throws -> MonotonicTime? {
        let present = Set(listing.files.map(\.name))
        var (stillMissing, nextPollAt) = ([String: MonotonicTime](), MonotonicTime?.none)
        for claim in claims {
            guard let batch = try await context.store.batch(of: claim), batch.state == .awaitingConfirmation else {
                continue
            }
            if try folder.holdsInWorking(claim.name) {
                try folder.returnToInbox(claim.name)
            } else if !present.contains(claim.name) {
                let since = missing[claim.name] ?? context.clock.monotonic
                let end = since + min(job.source.settle, .seconds(60))
                if context.clock.monotonic >= end {
                    try await withdraw(batch, because: "its file was taken out of the inbox")
                } else {
                    stillMissing[claim.name] = since
                    nextPollAt = min(nextPollAt ?? end, end)
                }
            } else if try sameNames.isThereAnother(of: claim, batch), whole.contains(claim.name) {
                try await withdraw(batch, because: "another file was put in its place")
            }
        }
        missing = stillMissing
        return nextPollAt
    }

    private func withdraw(_ batch: Batch, because cause: String) async throws {
        let reason = "withdrawn: \(cause)"
        // Somebody may have agreed meanwhile.
        guard
            try await context.store.moveBatch(
                batch.id, from: [.awaitingConfirmation], to: .cancelled, reason: reason)
        else { return }
        context.log.notice("batch cancelled", metadata: batch.logged(["reason": "\(reason)"]))
        context.batchWakeSignal.wakeUp()
    }
}

/// The status of batches that wait for confirmation, as shown in a drop folder. Lines that will not be sent are
/// returned at once, so that the person who dropped the file sees what is wrong with it.
struct ConfirmationRequests {
    let context: DaemonContext
    let job: JobDefinition
    let folder: DropFolder
    /// The lines already returned, by batch.
    private var refused: [BatchID: RefusedLines] = [:]

    init(context: DaemonContext, job: JobDefinition, folder: DropFolder) {
        (self.context, self.job, self.folder) = (context, job, folder)
    }

    /// What is asked about a batch.
    ///
    /// - Throws: `StoreError` when the database cannot be read; `DropFolderError` when the folder cannot.
    mutating func request(for batch: Batch, of claim: ClaimedFile) async throws -> FileStatus.ConfirmationRequest {
        let refused = try await refusedLines(of: batch)
        return FileStatus.ConfirmationRequest(
            reason: batch.reason ?? "it wants confirmation",
            command: try await context.store.hint(toStart: batch).commandLine,
            refusals: refused.groups.map { FileStatus.RefusedLines(rule: $0.rule, count: $0.count, lines: $0.lines) },
            returned: refused.path.map(folder.shownPath), canBeWithdrawn: try !folder.holdsInWorking(claim.name))
    }

    private mutating func refusedLines(of batch: Batch) async throws -> RefusedLines {
        if let known = refused[batch.id] { return known }
        let results = context.results(of: job)
        do {
            refused[batch.id] = try await results.giveBackRefused(of: batch)
        } catch  where error.endsTheDaemon {
            throw error
        } catch {
            let reason = OperationFailure(error).message
            context.log.warning("lines could not be given back", metadata: batch.logged(["reason": "\(reason)"]))
            refused[batch.id] = RefusedLines.none
        }
        return refused[batch.id] ?? .none
    }
}

/// Tells whether what lies in the inbox under the name of a file that was taken is that file, put back there, or
/// another.
struct SameNameFiles {
    private struct Seen {
        let seen: ObservedFile
        /// Nil until it has stood still from one look to the next.
        var isAnother: Bool?
    }

    let folder: DropFolder
    private var known: [String: Seen] = [:]

    init(folder: DropFolder) { self.folder = folder }

    /// Whether another file of a claimed file's name waits in the inbox.
    ///
    /// - Throws: `DropFolderError` when the system does not tell.
    mutating func isThereAnother(of claim: ClaimedFile, _ batch: Batch?) throws -> Bool {
        guard let seen = try folder.sighting(of: claim.name) else {
            known[claim.name] = nil
            return false
        }
        if try folder.holdsInWorking(claim.name) { return true }
        guard let batch, var before = known[claim.name], seen.isUnchanged(since: before.seen) else {
            known[claim.name] = Seen(seen: seen)
            return false
        }
        if let isAnother = before.isAnother { return isAnother }
        let isAnother = try !holds(folder.inboxPath(of: claim.name), batch.contentDigest)
        before.isAnother = isAnother
        known[claim.name] = before
        return isAnother
    }

    /// Whether a file's content has this digest; one that cannot be read is not the one that was read before.
    private func holds(_ path: String, _ digest: [UInt8]) throws -> Bool {
        do {
            return try ContentDigest.of(fileAt: path) == digest
        } catch is InputError {
            return false
        }
    }
}
