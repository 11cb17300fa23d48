import Foundation
import RecordStore
import Results

extension BatchResults {
    private static let action = "results"

    /// Writes the files of a batch that is over and, where files of an earlier end lie in other folders, those, too, so
    /// that nobody mends and sends again a line that has been answered since. Then the database knows that this end has
    /// its results.
    ///
    /// - Parameters:
    ///   - batch: The batch as it is now.
    ///   - provenance: Who has them written, kept with a folder that a person named.
    ///   - console: Told of other folders.
    /// - Returns: What was written, where it was asked for.
    /// - Throws: `ResultError`; `StoreError`.
    func publish(
        _ batch: Batch, by provenance: @Sendable () throws -> Provenance, console: Console
    ) async throws -> WrittenResults {
        try await remember(batch, provenance)
        let written = try await BlockingWork.run { try write(batch) }
        for folder in try staleFolders(of: batch) { await renew(folder, of: batch, console) }
        try await mark(batch)
        return written
    }

    /// Folders that persons named for the files of a batch, before.
    func namedFolders(of batch: Batch) throws -> [String] {
        try store.actions(of: batch.id).filter { $0.name == Self.action }.compactMap(\.detail)
    }

    static func absolute(_ folder: String) -> String { URL(filePath: folder).standardizedFileURL.path }

    /// Keeps a folder that a person named among the actions before anything is written there.
    private func remember(_ batch: Batch, _ provenance: () throws -> Provenance) async throws {
        guard out != nil else { return }
        let folder = Self.absolute(folder(of: batch))
        guard try !namedFolders(of: batch).contains(folder) else { return }
        try await store.recordAction(
            Action(
                at: Int64(Date().timeIntervalSince1970 * 1_000), batch: batch.id, name: Self.action, detail: folder,
                provenance: try provenance()))
    }

    /// A folder that cannot be written any more keeps nobody from the results.
    private func renew(_ folder: String, of batch: Batch, _ console: Console) async {
        do {
            _ = try await BlockingWork.run { try write(batch, into: folder) }
            console.note("\(batch.name): its results in \(folder) were out of date; they are written anew there, too")
        } catch {
            console.note(
                "warning: \(batch.name): its results in \(folder) are out of date and could not be written anew: "
                    + OperationFailure(error).message)
        }
    }

    /// The daemon lets a batch's file go with its results; one that has yet to go stays the daemon's to conclude, and so
    /// does one with calls of which nobody knows yet how they ended.
    private func mark(_ batch: Batch) async throws {
        guard batch.counts.inFlight == 0, try store.claimedFile(of: batch.id) == nil else { return }
        try await store.markResultsWritten(batch.id, finishedAt: batch.finishedAt)
    }
}
