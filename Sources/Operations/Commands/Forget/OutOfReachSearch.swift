import Basics
import Foundation
import RecordStore
import Results
import Settings

/// Finds what may still hold what was forgotten: copies of the database, and results that were printed.
struct OutOfReachSearch {
    let session: OperatorSession

    /// - Parameter batches: The batches in which persons were forgotten.
    /// - Returns: What is out of reach; nothing where they were in none.
    /// - Throws: `StoreError` when the audit cannot be read.
    func find(_ batches: [Batch]) async throws -> ForgetReceipt.OutOfReach {
        var found = ForgetReceipt.OutOfReach()
        guard let first = batches.map(\.createdAt).min() else { return found }
        let names = Dictionary(uniqueKeysWithValues: batches.map { ($0.id, $0.name) })
        try await session.store.forEachAuditEntry { entry in
            let action = entry.action
            switch (action.name, action.batch.flatMap { names[$0] }) {
            case (.backup, _) where action.at >= first:
                found.backups.append(Self.copy(action.detail ?? "unnamed", action))
            case (.export, let name?): found.exports.append(Self.copy(name, action))
            default: break
            }
        }
        found.databaseCopies = await BlockingWork.run { databaseCopies() }
        found.untilKeysEnd = Set(batches.map { CalendarMonth(at: $0.createdAt) }).sorted().map(\.description)
        found.others = [
            "input files where their owners keep them, and files that were refused before they had a batch",
            "copies that people or programs made of result files and of records that were listed",
            "Mastercard's own records of the calls that were made",
        ]
        return found
    }

    private static func copy(_ what: String, _ action: Action) -> ForgetReceipt.OutOfReach.Copy {
        ForgetReceipt.OutOfReach.Copy(
            what: what, at: Timestamp.text(action.at), by: "\(action.provenance.user)@\(action.provenance.host)")
    }

    /// What restores and migrations left beside the database.
    private func databaseCopies() -> [String] {
        let database = URL(filePath: session.place.settings.database)
        let folder = database.deletingLastPathComponent()
        // A folder that cannot be listed while the database in it is open holds copies that nobody here could read.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let name = database.lastPathComponent
        let copies = names.filter { other in
            other.hasPrefix("\(name).before-restore-") || (other.hasPrefix("\(name).v") && other.hasSuffix(".bak"))
        }
        return copies.sorted().map { folder.appending(path: $0).path }
    }
}
