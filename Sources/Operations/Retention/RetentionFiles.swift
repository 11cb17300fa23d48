import Basics
import DropFolder
import Foundation
import Ingest
import RecordStore
import Results
import Settings

/// The files that Rollcall wrote, or put away, and whose age is over. Looking for them and removing them blocks on their
/// disks and shares.
struct RetentionFiles: Sendable {
    /// Result files by their folder.
    private(set) var outputs: [ResultRemoval] = []
    /// Input files in an archive folder; absolute.
    private(set) var archived: [String] = []
    /// Input files in a rejected folder, each followed by the text that says why; absolute.
    private(set) var rejected: [String] = []
    /// What could not be looked at, and why.
    private(set) var faults: [String] = []

    /// How many there are.
    var count: Int { outputs.reduce(archived.count + rejected.count) { $0 + $1.names.count } }

    /// Looks for the files.
    ///
    /// - Parameters:
    ///   - plan: What is due of the batches.
    ///   - named: Folders in which operators wanted batches' results, too.
    ///   - rules: The settings and jobs in force.
    ///   - forgotten: Says which content files have since rows of forgotten persons were taken out of them.
    ///   - now: The time.
    init(
        of plan: RetentionPlan, named: [BatchID: [String]], under rules: RetentionRules,
        since forgotten: ForgottenPersons,
        at now: WallTime
    ) {
        for due in plan.due where due.kinds.contains(.outputs) {
            lookForResults(of: due.batch, in: named[due.batch.id] ?? [], under: rules)
        }
        var digests = FileDigests()
        for (folder, age) in rules.archives {
            let batches = plan.due.filter {
                $0.kinds.contains(.archive) && rules.job(of: $0.batch).archiveFolder == folder
            }.map(\.batch)
            let files = found(in: folder) {
                try Self.archived(
                    in: folder, of: batches, besides: plan.contentsInUse, writtenBefore: now - age, now,
                    since: forgotten,
                    &digests)
            }
            archived += files
        }
        for (folder, age) in rules.rejections {
            let files = found(in: folder) { try Self.rejected(in: folder, before: now - age) }
            rejected += files
        }
    }

    /// Removes them all.
    ///
    /// - Returns: How many are gone, and what could not be removed and why.
    func remove() -> (count: Int, faults: [String]) {
        var (count, faults) = (0, faults)
        for removal in outputs {
            do {
                let isFolderGone = try removal.perform()
                count += removal.names.count
                guard !isFolderGone else { continue }
                faults.append("\(removal.folder): other files are left there; they are not Rollcall's")
            } catch {
                faults.append("\(removal.folder): \(OperationFailure(error).message)")
            }
        }
        for path in archived + rejected {
            if unlink(path) == 0 {
                count += 1
            } else if errno != ENOENT {
                faults.append("\(path): \(SystemFault(errno).text)")
            }
        }
        return (count, faults)
    }

    private mutating func lookForResults(of batch: Batch, in named: [String], under rules: RetentionRules) {
        let own = ResultsLocation(rules.job(of: batch), settings: rules.settings).folder(of: batch)
        for folder in [own] + named.filter({ $0 != own }) {
            let removals = found(in: folder) { [try ResultRemoval(of: batch, in: folder, isOwn: folder == own)] }
            outputs += removals.filter { !$0.names.isEmpty }
        }
    }

    /// A folder that cannot be read does not keep others from being looked at.
    private mutating func found<Files>(in folder: String, _ look: () throws -> [Files]) -> [Files] {
        do {
            return try look()
        } catch {
            faults.append("\(folder): \(OperationFailure(error).message)")
            return []
        }
    }
}

extension RetentionFiles {
    /// Input files of some batches: a file keeps its name in an archive or gets its batch's, and its content says whether
    /// it is the one that was read.
    ///
    /// - Parameters:
    ///   - folder: The archive.
    ///   - batches: The batches whose files are due.
    ///   - used: Contents that another batch still needs.
    ///   - instant: A file written to after this cannot be a batch's that ended before.
    ///   - now: A time of writing after this says nothing.
    ///   - forgotten: Says which content files have since rows were taken out of them.
    ///   - digests: Files read before.
    /// - Returns: Their paths.
    /// - Throws: What a folder or a file that cannot be read throws.
    private static func archived(
        in folder: String, of batches: [Batch], besides used: Set<[UInt8]>, writtenBefore instant: WallTime,
        _ now: WallTime, since forgotten: ForgottenPersons, _ digests: inout FileDigests
    ) throws -> [String] {
        var contents = Set(batches.map(\.contentDigest)).subtracting(used)
        guard !contents.isEmpty else { return [] }
        for content in contents { contents.formUnion(forgotten.editions(of: content)) }
        let stems = Set(batches.flatMap { [$0.name, $0.fileStem] })
        return try regularFiles(in: folder).filter { file in
            let isCandidate = stems.contains { file.name.hasPrefix($0) }
            guard isCandidate, file.writtenAt < instant || file.writtenAt > now else { return false }
            return try digests.digest(of: file.path).map(contents.contains) ?? false
        }.map(\.path)
    }

    /// Files that were refused before a time, by the texts that Rollcall wrote beside them: a file goes before its text, so
    /// that none is left unexplained.
    private static func rejected(in folder: String, before instant: WallTime) throws -> [String] {
        let files = try regularFiles(in: folder)
        let names = Set(files.map(\.name))
        return files.filter { $0.name.hasSuffix(DropFolder.errorEnding) && $0.writtenAt < instant }.flatMap { text in
            let name = String(text.name.dropLast(DropFolder.errorEnding.count))
            return (names.contains(name) ? ["\(folder)/\(name)"] : []) + [text.path]
        }
    }

    private struct FoundFile {
        let name: String
        let path: String
        /// When it was last written to.
        let writtenAt: WallTime
    }

    /// The files in a folder, without links and folders; none where there is no such folder.
    private static func regularFiles(in folder: String) throws -> [FoundFile] {
        let files = FileManager.default
        guard files.fileExists(atPath: folder) else { return [] }
        return try files.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            var facts = stat()
            let path = "\(folder)/\(name)"
            guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
            return FoundFile(name: name, path: path, writtenAt: FileIdentity(facts).modifiedAt.wallTime)
        }
    }
}

/// The contents of files, each read once.
private struct FileDigests {
    private var known: [String: [UInt8]] = [:]

    mutating func digest(of path: String) throws -> [UInt8]? {
        if let digest = known[path] { return digest }
        let digest = try ContentDigest.of(fileAt: path)
        known[path] = digest
        return digest
    }
}

extension RetentionRules {
    /// Archive folders with the shortest age of the jobs that use them.
    fileprivate var archives: [(folder: String, age: Duration)] { ages(of: .archive, in: \.archiveFolder) }

    /// Folders of refused files, likewise.
    fileprivate var rejections: [(folder: String, age: Duration)] { ages(of: .rejected, in: \.rejectedFolder) }

    private func ages(
        of kind: Settings.Retention.Kind, in folder: (JobDefinition) -> String?
    ) -> [(folder: String, age: Duration)] {
        let all = jobs.values.compactMap { job -> (String, Duration)? in
            guard let age = job.retention[kind], let folder = folder(job) else { return nil }
            return (folder, age)
        }
        return Dictionary(all, uniquingKeysWith: min).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension JobDefinition {
    /// Where its input files are put away; nil: nowhere. A folder of that name is somebody else's where a job with a
    /// pattern leaves its files in place.
    var archiveFolder: String? {
        if let path = source.path { return DropFolder.archive(below: path) }
        guard after == .archive else { return nil }
        return source.glob.map { "\(URL(filePath: $0).deletingLastPathComponent().path)/archive" }
    }

    /// Where its input files may lie once they are put away.
    var putAwayFolders: [String] { [archiveFolder, rejectedFolder].compactMap(\.self) }

    /// Where files that were refused lie; nil: nowhere.
    var rejectedFolder: String? { source.path.map(DropFolder.rejected) }
}

extension Batch {
    /// Its input file's name without the ending.
    fileprivate var fileStem: String { fileName.lastIndex(of: ".").map { String(fileName[..<$0]) } ?? fileName }
}
