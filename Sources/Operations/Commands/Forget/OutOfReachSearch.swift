import Basics
import DropFolder
import Foundation
import Ingest
import RecordStore
import Results
import Settings

extension ForgetReceipt {
    /// What may still hold what was erased.
    struct OutOfReach: Sendable, Encodable, Equatable {
        /// A copy or an output that the audit tells of.
        struct Copy: Sendable, Encodable, Equatable {
            let what: String
            let at: String
            let by: String
        }

        /// Copies of the database from before, as far as the audit knows them.
        var backups: [Copy] = []
        /// Copies of the database that lie beside it.
        var databaseCopies: [String] = []
        /// The months, as `2026-11`, whose keys open what these copies hold: until each is destroyed.
        var untilKeysEnd: [String] = []
        /// Results that were printed.
        var exports: [Copy] = []
        /// Files in the jobs' folders of refused files that no batch was made of: they were not looked through.
        var refusedFiles: [String] = []
        /// What else may be somewhere, in sentences.
        var others: [String] = []

        enum CodingKeys: String, CodingKey, CaseIterable {
            case backups, exports, others
            case databaseCopies = "database_copies"
            case untilKeysEnd = "until_keys_end"
            case refusedFiles = "refused_files"
        }

        /// The same in words, with a heading; nothing where there is nothing.
        var lines: [String] {
            let lines =
                copies + refusedFiles.map { "\($0): refused before it had a batch; look through it yourself" } + others
            return lines.isEmpty ? [] : ["Out of reach:"] + lines.map { "  \($0)" }
        }

        private var copies: [String] {
            var lines: [String] = []
            if !untilKeysEnd.isEmpty {
                let isOne = untilKeysEnd.count == 1
                lines.append(
                    "copies of the database from before, until the \(isOne ? "key" : "keys") of "
                        + "\(untilKeysEnd.joined(separator: ", ")) \(isOne ? "is" : "are") destroyed; put back by restore "
                        + "they forget, too")
            }
            lines += backups.map { "backup \($0.what) of \($0.at) by \($0.by)" } + databaseCopies
            return lines + exports.map { "results of \($0.what) printed at \($0.at) by \($0.by)" }
        }
    }
}

/// Finds what may still hold what was forgotten: copies of the database, and results that were printed.
struct OutOfReachSearch {
    let session: OperatorSession

    /// - Parameter batches: The batches in which persons were forgotten.
    /// - Returns: What is out of reach; nothing where they were in none.
    /// - Throws: `StoreError` when the audit cannot be read.
    func find(_ batches: [Batch]) async throws -> ForgetReceipt.OutOfReach {
        var found = ForgetReceipt.OutOfReach()
        found.refusedFiles = try await refusedFiles()
        guard let first = batches.map(\.createdAt).min() else { return found }
        let names = Dictionary(batches.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
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
            "input files where their owners keep them",
            "copies that people or programs made of result files and of records that were listed",
            "Mastercard's own records of the calls that were made",
        ]
        if session.store.isAtServer {
            found.others.append(ServerRemains.text)
            found.others.append(
                "copies of the database that PostgreSQL's own tools made: after one is put back, forget again")
            found.others += try await otherNodes()
        }
        return found
    }

    /// Files of batches that were purged, and files that were refused, are looked through on the machine where they are.
    private func otherNodes() async throws -> [String] {
        let homes = try await session.store.homes().values.filter(\.keepsFilesElsewhere)
        return Set(homes.map { "\($0.node) on \($0.host)" }).sorted().map {
            "files of batches that were purged, and refused files, of node \($0): the same command there looks through them"
        }
    }

    private static func copy(_ what: String, _ action: Action) -> ForgetReceipt.OutOfReach.Copy {
        ForgetReceipt.OutOfReach.Copy(
            what: what, at: Timestamp.text(action.at), by: "\(action.provenance.user)@\(action.provenance.host)")
    }

    /// Files that a job has put among the refused ones, of whose content there is no batch.
    private func refusedFiles() async throws -> [String] {
        let forgotten = try await session.store.forgottenPersons()
        let contents = try await session.store.batches().map(\.contentDigest)
        let known = contents.reduce(into: Set(contents)) { $0.formUnion(forgotten.editions(of: $1)) }
        let folders = Set(session.place.retentionRules.jobs.values.compactMap(\.rejectedFolder)).sorted()
        return await BlockingWork.run {
            folders.flatMap { folder in
                // A folder that is not there, or cannot be listed, is named by what puts files into it.
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                return names.sorted().filter { !$0.hasSuffix(DropFolder.errorEnding) }.map { "\(folder)/\($0)" }
            }.filter { path in
                // One that cannot be read is named as well.
                guard let digest = try? ContentDigest.of(fileAt: path) else { return true }
                return !known.contains(digest)
            }
        }
    }

    /// What restores and migrations left beside the database.
    private func databaseCopies() -> [String] {
        guard !session.store.isAtServer else { return [] }
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
