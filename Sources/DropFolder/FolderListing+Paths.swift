import Basics
import CPlatform
import Foundation

extension FolderListing {
    /// Looks at paths that a pattern names. A file's name here is its path; links to files are followed, since whoever
    /// wrote the pattern may have set them.
    ///
    /// Nothing of an earlier look is known, so that a marker counts only where it is not older than its file, neither by
    /// the time of the last write nor by that of the last change: one that is speaks for an earlier file of that name.
    ///
    /// - Parameters:
    ///   - paths: what the pattern names.
    ///   - readsMarkers: whether `PATH.done` says that a file is whole.
    public init(paths: [String], readsMarkers: Bool) {
        for path in paths {
            let name = URL(fileURLWithPath: path).lastPathComponent
            switch InboxName(name) {
            case .file: add(path, readsMarkers: readsMarkers)
            case .unfinished(let sign): skippedFiles.append(SkippedFile(path, .unfinished(sign: sign)))
            case .unusable: skippedFiles.append(SkippedFile(nil, .unusableName))
            case .marker, .own: break
            }
        }
    }

    private mutating func add(_ path: String, readsMarkers: Bool) {
        guard let facts = Self.facts(of: path) else { return }
        switch facts.st_mode & S_IFMT {
        case S_IFREG:
            let file = FileIdentity(facts)
            let marker = readsMarkers ? Self.facts(of: path + InboxName.markerEnding).map(FileIdentity.init) : nil
            let isCurrent = marker.map { $0.modifiedAt >= file.modifiedAt && $0.changedAt >= file.changedAt } ?? false
            files.append(ObservedFile(name: path, identity: file, marker: isCurrent ? marker : nil))
        case S_IFDIR: skippedFiles.append(SkippedFile(path, .folder))
        default: skippedFiles.append(SkippedFile(path, .special))
        }
    }

    /// What lies at a path, behind links; nil where nothing does, or nobody may look.
    private static func facts(of path: String) -> stat? {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts : nil
    }
}
