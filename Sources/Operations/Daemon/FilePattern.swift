import Foundation
import Ingest
import Settings

/// The files a job's pattern names (`man 3 glob`).
struct FilePattern {
    private let source: JobDefinition.Source

    init(_ source: JobDefinition.Source) {
        self.source = source
    }

    /// Paths of all regular files that match and are whole, in the job's order; hidden ones only where the pattern names
    /// the dot.
    ///
    /// - Parameter now: Milliseconds since 1970 UTC.
    /// - Returns: The paths.
    func files(at now: Int64) -> [String] {
        let files = matches.compactMap { path in FileTimes(path).map { (path, $0.modifiedAt) } }
            .filter { isWhole($0.0, modifiedAt: $0.1, at: now) }
        switch source.order {
        case .name: return files.map(\.0).sorted()
        case .modified: return files.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
        }
    }

    /// A time in the future is a clock that was set; what matters is that nobody has written just now.
    private func isWhole(_ path: String, modifiedAt: Int64, at now: Int64) -> Bool {
        let name = URL(filePath: path).lastPathComponent
        guard DropFolder.isInput(name) else { return false }
        // An older marker speaks for an earlier file of that name.
        if source.needsDoneMarker {
            return FileTimes(path + DropFolder.markerEnding).map { $0.modifiedAt >= modifiedAt } ?? false
        }
        return abs(now - modifiedAt / 1_000_000) >= source.settle.milliseconds
    }

    private var matches: [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(source.glob ?? "", 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }
}

/// When a regular file was last written to; nil for anything else.
private struct FileTimes {
    let modifiedAt: Int64

    init?(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        modifiedAt = Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
    }
}
