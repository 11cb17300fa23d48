import Basics
import Foundation
import RecordStore
import Settings

/// `rollcall backup`: a complete copy of the database, even while it is in use.
package struct BackupOperation: Sendable {
    private let file: String
    private let config: String
    private let console: Console

    /// Names the copy, which must not exist yet.
    package init(file: String, config: String, console: Console = .standard) {
        self.file = file
        self.config = config
        self.console = console
    }

    /// Makes the copy and says what must be kept with it.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        try place.requireFile(for: "backup")
        let store = try await store(of: place)
        let path = file
        let head = try await store.closing {
            let head = try await store.auditHead()
            try await store.backUp(to: path)
            return head
        }
        console.note(
            "\(path) is a whole copy. It opens with the keys of \(place.settings.keysFolder) and the sealing key "
                + "\(place.settings.sealingKey) only, which are not in it: copy them too, to another place.")
        for (setting, path) in place.keyPlaces where place.isBelow(path, folderOf: file) {
            console.note(
                "\(setting), \(path), lies below the folder of this copy: whoever gets that can read it, and destroying a "
                    + "month's key does not reach it; keep them apart")
        }
        console.note(
            "its audit has \(Counted.things(Int(clamping: head.entries), "entry")); "
                + "\(Hint.verifyAudit(head: head.hash)) shows later whether any of them was changed or cut off")
        console.output(path)
        return .succeeded
    }

    /// Enters the copy in the audit where that can be written: on a full disk a copy is needed most.
    private func store(of place: Installation) async throws -> RecordStore {
        do {
            let store = try await place.storeForOperating()
            do {
                try await store.recordAction(
                    Action(
                        at: WallTime.now(), batch: nil, name: .backup, detail: URL(filePath: file).lastPathComponent,
                        provenance: try place.operatorProvenance()))
                return store
            } catch {
                // It was opened to write one entry, which failed; what is read below is read by another.
                try? await store.close()
                throw error
            }
        } catch let error as StoreError {
            let store = try await place.storeForReading()
            console.note("warning: this copy is not entered in the audit: \(error.message)")
            return store
        }
    }
}
