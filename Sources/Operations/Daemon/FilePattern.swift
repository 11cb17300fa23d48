import DropFolder
import Foundation
import Settings

/// The files a job's pattern names (`man 3 glob`); hidden ones only where the pattern names the dot.
struct FilePattern {
    private let source: JobDefinition.Source

    init(_ source: JobDefinition.Source) {
        self.source = source
    }

    /// Says which of the files are whole, from one look to the next.
    func settling() -> SettlingFiles {
        SettlingFiles(settle: source.settle, needsDoneMarker: source.needsDoneMarker, order: .init(source.order))
    }

    /// Everything the pattern names, as it stands now; names are paths.
    func look() -> FolderListing { FolderListing(paths: matches, readsMarkers: source.needsDoneMarker) }

    /// Whether a file still is as it was seen.
    func isUnchanged(_ file: ObservedFile) -> Bool {
        FolderListing(paths: [file.name], readsMarkers: false).files.first?.isUnchanged(since: file) ?? false
    }

    private var matches: [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(source.glob ?? "", 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }
}

extension SettlingFiles.Order {
    /// As the job says it.
    init(_ order: JobDefinition.Source.Order) {
        switch order {
        case .name: self = .name
        case .modified: self = .modified
        }
    }
}
