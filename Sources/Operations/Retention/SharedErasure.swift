import Basics
import Logging
import RecordStore

/// What a node owes to others that share its database: its copies of months' keys that were destroyed elsewhere, and rows
/// of persons in its files who were forgotten elsewhere.
struct SharedErasure {
    let context: DaemonContext

    /// How often each daemon looks, as messages say it.
    static let interval = "within ten minutes"

    /// Does what is owed now. What cannot be done is logged once, and tried again the next time.
    ///
    /// - Parameter told: What was logged before.
    /// - Throws: `StoreError` when state cannot be read or written.
    func perform(_ told: inout Set<String>) async throws {
        guard context.store.isAtServer else { return }
        var faults: [String] = []
        do {
            try await context.store.destroyKeysThatOthersDestroyed()
            faults += try await takeRowsOut()
        } catch  where !error.endsTheDaemon {
            faults.append(OperationFailure(error).message)
        }
        for fault in faults where !told.contains(fault) {
            context.log.error("what was erased elsewhere is left here", metadata: ["reason": "\(fault)"])
        }
        told = Set(faults)
    }

    /// - Returns: The files that could not be changed, and why.
    private func takeRowsOut() async throws -> [String] {
        let (store, homes) = (context.store, try await context.store.homes())
        let files = ForgottenFiles(store: store, place: context.configuration.place)
        var faults: [String] = []
        for id in try await store.batchesWithForgottenInFiles() {
            // Whoever puts its file away takes the rows out.
            guard !(homes[id]?.keepsFilesElsewhere ?? false), try await store.claimedFile(of: id) == nil else {
                continue
            }
            context.attendance.expectWithFiles(RetentionService.name)
            faults += try await files.erase(from: store.batch(id)).faults
        }
        return faults
    }
}

/// What a server keeps of rows that were overwritten.
enum ServerRemains {
    /// In a sentence of its own.
    static let text =
        "PostgreSQL keeps what was overwritten, sealed, in its tables until they are vacuumed, in its write-ahead log, and "
        + "on standbys and in archives: nobody can read it once the month's key is destroyed"
}
