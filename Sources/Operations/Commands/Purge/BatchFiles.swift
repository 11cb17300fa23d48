import Basics
import DropFolder
import Foundation
import Ingest
import RecordStore
import Results
import Settings

/// The files that Rollcall wrote of a batch, or put away: its results, and its input file in an archive or among the
/// rejected. An input file that lies where its owner put it is the owner's.
struct BatchFiles: Sendable {
    /// Result files by their folder.
    let results: [ResultRemoval]
    /// Input files that were put away, and what says why one was refused; absolute.
    let inputs: [String]

    /// How many there are.
    var count: Int { results.reduce(inputs.count) { $0 + $1.names.count } }

    /// Looks for the files of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - job: The job it was taken in under.
    ///   - place: Where the job's results go.
    ///   - named: Folders in which operators wanted its results, too.
    ///   - keepsInput: Whether another batch of the same content keeps the input file.
    ///   - putAway: Finds the input file where the job puts these away.
    /// - Throws: What a folder that cannot be read, or a file that cannot be compared, throws.
    init(
        of batch: Batch, under job: JobDefinition, place: ResultsLocation, named: [String],
        keepsInput: Bool,
        putAway: inout PutAwayFiles
    ) throws {
        let own = place.folder(of: batch)
        var results = [try ResultRemoval(of: batch, in: own, isOwn: true)]
        for folder in named where folder != own {
            results.append(try ResultRemoval(of: batch, in: folder, isOwn: false))
        }
        self.results = results.filter { !$0.names.isEmpty }
        inputs = try (keepsInput ? [] : job.putAwayFolders).flatMap { try putAway.paths(of: batch, in: $0) }
    }

    /// Removes them all.
    ///
    /// - Returns: What could not be removed, and why.
    func remove() -> [String] {
        var faults: [String] = []
        for removal in results {
            do {
                guard try !removal.perform() else { continue }
                faults.append("\(removal.folder): other files are left there; they are not Rollcall's")
            } catch {
                faults.append("\(removal.folder): \(OperationFailure(error).message)")
            }
        }
        for path in inputs {
            guard unlink(path) != 0, errno != ENOENT else { continue }
            faults.append("\(path): \(SystemFault(errno).text)")
        }
        return faults
    }
}

/// Finds input files in the folders they were put away in. A file keeps its name there or gets its batch's, with a number
/// where that was taken; whether it is the one that was read in, its content says.
struct PutAwayFiles: Sendable {
    /// Each file is read once, for however many batches it may be.
    private var digests: [String: [UInt8]] = [:]
    /// Says which content a file has since rows of forgotten persons were taken out of it.
    private let forgotten: ForgottenPersons

    init(since forgotten: ForgottenPersons) { self.forgotten = forgotten }

    /// The files of a batch's content in a folder, each with the text that says why it was refused.
    ///
    /// - Throws: `InputError` for a file that cannot be read.
    mutating func paths(of batch: Batch, in folder: String) throws -> [String] {
        let files = FileManager.default
        guard files.fileExists(atPath: folder) else { return [] }
        let stem = batch.fileName.lastIndex(of: ".").map { String(batch.fileName[..<$0]) } ?? batch.fileName
        var paths: [String] = []
        for name in try files.contentsOfDirectory(atPath: folder).sorted()
        where (name.hasPrefix(stem) || name.hasPrefix(batch.name)) && !name.hasSuffix(DropFolder.errorEnding) {
            let path = "\(folder)/\(name)"
            guard let digest = try digest(of: path) else { continue }
            guard digest == batch.contentDigest || forgotten.editions(of: batch.contentDigest).contains(digest) else {
                continue
            }
            paths.append(path)
            let explanation = path + DropFolder.errorEnding
            if files.fileExists(atPath: explanation) { paths.append(explanation) }
        }
        return paths
    }

    private mutating func digest(of path: String) throws -> [UInt8]? {
        if let known = digests[path] { return known }
        let digest = try ContentDigest.of(fileAt: path)
        digests[path] = digest
        return digest
    }
}
