package import Basics
import Foundation

/// The order in which files below a folder were made, written and synchronized.
package final class FileOrder: Sendable {
    private let folder: String
    private let recorded = Lock<[FileEvent]>([])

    /// What was done so far.
    package var events: [FileEvent] { recorded.withLock { $0 } }

    private init(_ folder: String) {
        self.folder = URL(filePath: folder).resolvingSymlinksInPath().path
    }

    /// Observes the files below a folder.
    ///
    /// - Parameters:
    ///   - folder: Where.
    ///   - body: What is done meanwhile.
    /// - Returns: What was done to them.
    /// - Throws: What `body` throws.
    package static func observing(
        below folder: String, _ body: (FileOrder) async throws -> Void
    ) async rethrows -> FileOrder {
        let order = FileOrder(folder)
        try await FileObservation.observing(by: { order.take($0) }, { try await body(order) })
        return order
    }

    /// What a power cut could take away now: files whose last bytes, and folders whose last names, were not synchronized.
    /// What was removed meanwhile does not count, and locks are of use to living processes only.
    package var unsynchronized: [String] {
        var open: [String] = []
        for event in events {
            switch event {
            case .made(let path): open.append(Self.folder(of: path))
            case .written(let path): open.append(path)
            case .synchronized(let path): open.removeAll { $0 == path }
            }
        }
        return Set(open).filter { !$0.hasSuffix(".lock") && FileManager.default.fileExists(atPath: $0) }.sorted()
    }

    private func take(_ event: FileEvent) {
        guard event.path == folder || event.path.hasPrefix(folder + "/") else { return }
        recorded.withLock { $0.append(event) }
    }

    private static func folder(of path: String) -> String {
        URL(filePath: path).deletingLastPathComponent().path
    }
}

extension FileEvent {
    /// The file or folder.
    package var path: String {
        switch self {
        case .made(let path), .written(let path), .synchronized(let path): path
        }
    }
}
