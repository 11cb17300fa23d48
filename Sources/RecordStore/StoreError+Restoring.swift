import Basics
import Foundation

extension StoreError {
    /// What lies beside the database, or in `keys_folder`, is not this database's.
    static func refused(
        _ refusal: LedgerReconciliation.Refusal, _ file: DatabaseFile, _ places: LedgerPlaces
    ) -> StoreError {
        switch refusal {
        case .databaseMissing:
            let files = places.existing.joined(separator: " and ")
            return StoreError(
                .noDatabase,
                "The database \(file.name) is gone or empty, but calls were made from it, as \(files) "
                    + "\(places.existing.count == 1 ? "tells" : "tell"): put the database back, as \(Hint.help(["restore"])) says; "
                    + "or, to start over on purpose, remove \(files), and every file taken in before can be sent, and "
                    + "paid, again")
        case .markForeign:
            return StoreError(
                .noDatabase,
                "\(file.name) is another database than the one that \(file.name).mark was written for: put the right one "
                    + "back, as \(Hint.help(["restore"])) says; or, to go on with this one on purpose, remove \(file.path).mark: "
                    + "calls of the other one are unknown to it")
        case .traceForeign:
            return StoreError(
                .keysFolder,
                "\(LedgerTrace.path(in: places.keysFolder)) is of another database than \(file.name): name a keys_folder "
                    + "of its own for each database, or put the right database back; to start over on purpose, remove "
                    + "\(LedgerTrace.path(in: places.keysFolder))")
        }
    }

    /// The trace can't be made or opened. What room on the disk mends needs no other folder.
    static func keysFolder(_ folder: String, because error: any Error) -> StoreError {
        let error = StoreError(error, while: .writing)
        guard error.code != .diskFull else { return error }
        return StoreError(
            .keysFolder,
            "\(LedgerTrace.fileName) cannot be used in \(folder): name a folder as keys_folder that Rollcall may write to",
            cause: error.cause)
    }

    /// Nothing is sent that may have been sent before.
    static var heldByRestore: StoreError {
        StoreError(
            .heldByRestore,
            "The database was restored, and nobody knows what had been sent since the copy was made; nothing is sent "
                + "before a person says so")
    }
}

extension LedgerReconciliation.Cause {
    /// Why nobody knows which calls were made; the middle of a sentence.
    var text: String {
        let trace = LedgerTrace.fileName
        return switch self {
        case .traceMissing: "\(trace) is missing from keys_folder"
        case .traceUnreadable: "\(trace) in keys_folder is damaged, or was sealed under another key"
        case .traceCopied: "\(trace) in keys_folder is a copy that was put back, and knows nothing of what came after"
        case .traceOld: "\(trace) in keys_folder is older than the database beside it"
        case .markMissing: "the mark beside the database is missing, and there was no \(trace) yet"
        case .earlierRestore: "it is from before a restore after which nobody knew either"
        }
    }
}
