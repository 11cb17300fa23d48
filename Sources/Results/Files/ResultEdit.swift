package import Basics
import Foundation
import OpenSSL
package import RecordStore

/// Changes rows in a batch's result files where they lie, without writing them again from the database: what they say
/// beside stays as it was reported. `summary.json` gets the digests of the files as they are then; its counts stay.
package struct ResultEdit: Sendable {
    /// The folder.
    package let folder: String
    /// The names of the batch's files there.
    package let names: [String]
    private let batchCreatedAt: WallTime

    /// What is to be done with one file.
    package enum Decision: Sendable, Equatable {
        /// Lines of it are changed.
        case edit(LineEdits)
        /// It is removed, because it has no rows any more.
        case remove
    }

    /// Looks for the files of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - folder: Where they may lie.
    ///   - isOwn: Whether the folder has the batch's own name; in any other only a summary of the batch proves that the
    ///     files are the batch's.
    /// - Throws: `CocoaError` when the folder is there and cannot be read.
    package init(of batch: Batch, in folder: String, isOwn: Bool) throws {
        self.folder = folder
        batchCreatedAt = batch.createdAt
        let others = ["summary.json", "report.html"]
        names = try ResultWriter.names(of: batch, in: folder, isOwn: isOwn).filter { !others.contains($0) }.sorted()
    }

    /// Changes the files, while no other process writes there. Interrupted anywhere, it can be done again: a file is the
    /// old one or the new one, and the summary comes last.
    ///
    /// - Parameter decide: What is to be done with the file of a name, at a path; nil: nothing. It blocks.
    /// - Returns: The paths of the files that were changed or removed.
    /// - Throws: `ResultError` naming what cannot be read or written; whatever `decide` throws.
    package func perform(_ decide: (_ name: String, _ path: String) throws -> Decision?) throws -> [String] {
        guard !names.isEmpty else { return [] }
        let open = try ResultFolder(path: folder)
        try open.removeTemporaries(of: ResultWriter.allNames)
        let hasWorkbook =
            isThere(ResultWorkbook.name) || summary()?.files.contains { $0.name == ResultWorkbook.name } == true
        var changed: [String] = []
        for name in names {
            let path = "\(folder)/\(name)"
            // Another writer may have replaced the files before this one had the folder for itself.
            guard FileManager.default.fileExists(atPath: path) else { continue }
            switch try decide(name, path) {
            case nil: continue
            case .edit(let edits):
                guard !edits.isEmpty else { continue }
                // It says what results.csv says. Gone first, it is not taken for renewed should this be interrupted.
                if name == ResultWorkbook.source { try open.remove(ResultWorkbook.name) }
                try ResultFolder.naming(path, "changed") { () throws(SystemFault) in
                    try FileEditing.perform(edits, on: path)
                }
            case .remove: try open.remove(name)
            }
            changed.append(path)
        }
        if hasWorkbook, !isThere(ResultWorkbook.name), isThere(ResultWorkbook.source) {
            changed.append(try writeWorkbook(in: open))
        }
        try open.synchronize()
        try renewSummary(in: open)
        return changed
    }

    private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    private func writeWorkbook(in open: ResultFolder) throws -> String {
        let file = try ResultFile(ResultWorkbook.name, in: open)
        try ResultWorkbook.write(from: "\(folder)/\(ResultWorkbook.source)", into: file, createdAt: batchCreatedAt)
        _ = try file.completeFromDisk()
        try file.publish()
        return "\(folder)/\(ResultWorkbook.name)"
    }

    /// Nil where there is none, or one that cannot be read: that says nothing that could be wrong now.
    private func summary() -> BatchSummary? {
        FileManager.default.contents(atPath: "\(folder)/summary.json").flatMap {
            try? JSONDecoder().decode(BatchSummary.self, from: $0)
        }
    }

    private func renewSummary(in open: ResultFolder) throws {
        guard var summary = self.summary() else { return }
        let before = summary.files
        summary.files = try before.compactMap { file in
            guard names.contains(file.name) || file.name == ResultWorkbook.name else { return file }
            guard let content = try Self.digest("\(folder)/\(file.name)") else { return nil }
            return BatchSummary.File(name: file.name, bytes: content.bytes, sha256: Hexadecimal.encode(content.digest))
        }
        guard summary.files != before else { return }
        let (json, _) = try ResultWriter.file("summary.json", try summary.json(), in: open)
        try json.publish()
        try open.synchronize()
    }

    /// Nil where there is no such file.
    private static func digest(_ path: String) throws -> (bytes: Int, digest: [UInt8])? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try ResultFolder.naming(path, "read") { () throws(SystemFault) in
            try OwnedDescriptor(opening: path, O_RDONLY)
        }
        return try file.digest(named: path)
    }
}

extension OwnedDescriptor {
    /// Bytes that are read at once.
    private static let portion = 1 << 18

    func digest(named path: String) throws -> (bytes: Int, digest: [UInt8]) {
        var stream = try SHA256Stream()
        var offset = 0
        while true {
            let bytes = try ResultFolder.naming(path, "read") { () throws(SystemFault) in
                try read(upTo: Self.portion, at: offset)
            }
            if bytes.isEmpty { break }
            try bytes.withUnsafeBytes { try stream.update($0) }
            offset += bytes.count
        }
        return (offset, try stream.finish())
    }
}

/// Removes a batch's result files from a folder: those Rollcall wrote, nothing else.
package struct ResultRemoval: Sendable {
    /// The folder.
    package let folder: String
    /// The names of the files there that are the batch's.
    package let names: [String]

    /// Looks for the files of a batch.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - folder: Where they may lie.
    ///   - isOwn: Whether the folder has the batch's own name. In any other only a summary of the batch proves that the
    ///     files are the batch's.
    /// - Throws: `CocoaError` when the folder is there and cannot be read.
    package init(of batch: Batch, in folder: String, isOwn: Bool) throws {
        self.folder = folder
        names = try ResultWriter.names(of: batch, in: folder, isOwn: isOwn).sorted(by: Self.summaryLast)
    }

    /// Removes them, and the folder if nothing else is left there. The summary goes last: it says whose files they are,
    /// should this be interrupted.
    ///
    /// - Returns: Whether the folder is gone; other people's files keep it.
    /// - Throws: `ResultError` naming what cannot be removed.
    package func perform() throws -> Bool {
        let open = try ResultFolder(path: folder)
        try open.removeTemporaries(of: ResultWriter.allNames)
        for name in names { try open.remove(name) }
        try open.synchronize()
        return rmdir(folder) == 0
    }

    private static func summaryLast(_ left: String, _ right: String) -> Bool {
        let summary = "summary.json"
        return left != summary && (right == summary || left < right)
    }
}

extension ResultWriter {
    /// The names of the files in a folder that are a batch's.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - folder: Where they may lie.
    ///   - isOwn: Whether the folder has the batch's own name; in any other only a summary of the batch proves it.
    /// - Returns: The names, without order.
    /// - Throws: `CocoaError` when the folder is there and cannot be read.
    static func names(of batch: Batch, in folder: String, isOwn: Bool) throws -> [String] {
        let isOurs = ResultStamp(folder: folder).map { $0.concerns(batch) } ?? isOwn
        let files = FileManager.default
        guard isOurs, files.fileExists(atPath: folder) else { return [] }
        let known = Set(allNames)
        return try files.contentsOfDirectory(atPath: folder).filter(known.contains)
    }
}
