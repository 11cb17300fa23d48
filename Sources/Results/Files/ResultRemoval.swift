import Basics
import Foundation
package import RecordStore

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
