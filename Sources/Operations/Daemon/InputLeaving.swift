import DropFolder
import Foundation
import Settings

/// What becomes of an input file outside drop folders, once its batch is done. Done again, it finds nothing to do.
struct InputDisposal {
    let path: String

    /// Moves it into `archive/` beside it, deletes it, or leaves it. A marker beside it that said it was whole goes first:
    /// left behind, it would speak for the next file of that name.
    ///
    /// - Throws: `CocoaError` when it cannot be moved or deleted.
    func perform(_ after: JobDefinition.After) throws {
        let files = FileManager.default
        guard after != .keep, files.fileExists(atPath: path) else { return }
        let marker = path + DropFolder.markerEnding
        if files.fileExists(atPath: marker) { try files.removeItem(atPath: marker) }
        guard after == .archive else { return try files.removeItem(atPath: path) }
        let file = URL(filePath: path)
        let folder = file.deletingLastPathComponent().appending(path: "archive")
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try files.moveItem(at: file, to: freePlace(for: file, in: folder))
    }

    /// Under its own name, or with a number where an earlier file has it.
    private func freePlace(for file: URL, in folder: URL) -> URL {
        let (stem, ending) = (file.deletingPathExtension().lastPathComponent, file.pathExtension)
        let names = [file.lastPathComponent] + (2...).lazy.prefix(100_000).map { "\(stem).\($0).\(ending)" }
        let places = names.lazy.map { folder.appending(path: $0) }
        return places.first { !FileManager.default.fileExists(atPath: $0.path) }
            ?? folder.appending(path: file.lastPathComponent)
    }
}
