import DropFolder
import JobRunner
import Logging
import RecordStore
import Settings

/// The files of a drop folder whose batches wait for a person's word. They lie in the inbox again meanwhile: whoever
/// takes one away there withdraws it, and its batch is cancelled.
///
/// A file that somebody else puts in its place withdraws nothing: it waits until the first is done, as ever.
struct FilesAwaitingConfirmation {
    let context: DaemonContext
    let job: JobDefinition
    let folder: DropFolder
    /// Files that were not there at the last look, and since when, in monotonic nanoseconds.
    private var missing: [String: Int64] = [:]

    init(context: DaemonContext, job: JobDefinition, folder: DropFolder) {
        (self.context, self.job, self.folder) = (context, job, folder)
    }

    /// Puts the files of batches that have begun to wait back into the inbox, and cancels batches whose files are gone
    /// from there. A program that replaces a file may take it away for a moment, so that it must be gone for `settle`, at
    /// most a minute.
    ///
    /// - Parameters:
    ///   - claims: the job's files that have a batch.
    ///   - listing: what lies in the inbox.
    /// - Returns: When to look again, in monotonic nanoseconds; nil: when something changes.
    /// - Throws: `StoreError` when state could not be read or written; `DropFolderError` when a file cannot be moved.
    mutating func reconcile(_ claims: [ClaimedFile], _ listing: FolderListing) async throws -> Int64? {
        let present = Set(listing.files.map(\.name))
        var (stillMissing, nextPollAt) = ([String: Int64](), Int64?.none)
        for claim in claims {
            guard let batch = try claim.batch.map(context.store.batch), batch.state == .awaitingConfirmation else {
                continue
            }
            if try folder.holdsInWorking(claim.name) {
                try folder.returnToInbox(claim.name)
            } else if !present.contains(claim.name) {
                let since = missing[claim.name] ?? context.clock.monotonic
                let end = since + min(job.source.settle, .seconds(60)).nanoseconds
                if context.clock.monotonic >= end {
                    try await withdraw(batch)
                } else {
                    stillMissing[claim.name] = since
                    nextPollAt = min(nextPollAt ?? end, end)
                }
            }
        }
        missing = stillMissing
        return nextPollAt
    }

    private func withdraw(_ batch: Batch) async throws {
        let reason = "withdrawn: its file was taken out of the inbox"
        // Somebody may have agreed meanwhile.
        guard
            try await context.store.moveBatch(
                batch.id, from: [.awaitingConfirmation], to: .cancelled, reason: reason)
        else { return }
        context.log.notice("batch cancelled", metadata: batch.logged(["reason": "\(reason)"]))
        context.batchWakeSignal.wakeUp()
    }
}
