import Basics

/// What a name in an inbox means. A pure rule.
enum InboxName: Equatable {
    /// A file to be ingested.
    case file
    /// The marker that says that the file of this name is whole.
    case marker(of: String)
    /// A file that its program has not finished; the part of the name that says so.
    case unfinished(sign: String)
    /// One of our own texts.
    case own
    /// A file that cannot be ingested under this name.
    case unusable

    /// The longest name in bytes: with a batch's number and `.status.txt` it must fit a file system's 255.
    static let longest = 200
    static let markerEnding = ".done"
    static let statusEnding = ".status.txt"
    static let errorEnding = ".error.txt"

    init(_ name: String) {
        self =
            switch name {
            case _ where Self.isOwn(name): .own
            case _ where !Self.isUsable(name): .unusable
            default: UnfinishedName.sign(in: name).map(Self.unfinished) ?? Self.ofWhole(name)
            }
    }

    private static func ofWhole(_ name: String) -> InboxName {
        name.hasSuffix(markerEnding) ? .marker(of: String(name.dropLast(markerEnding.count))) : .file
    }

    private static func isOwn(_ name: String) -> Bool {
        let lowercase = name.lowercased()
        return name.hasPrefix(FolderCalls.temporaryPrefix)
            || [statusEnding, errorEnding].contains(where: lowercase.hasSuffix)
    }

    /// Control characters would break lines in logs and in the texts we write.
    private static func isUsable(_ name: String) -> Bool {
        name.utf8.count <= longest && !PlainText.holdsControl(name)
    }
}
