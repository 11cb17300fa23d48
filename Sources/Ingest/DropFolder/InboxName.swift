/// What a name in an inbox means. A pure rule.
enum InboxName: Equatable {
    /// A file to be taken in.
    case file
    /// The marker that says that the file of this name is whole.
    case marker(of: String)
    /// Not for us: unfinished by its name, or one of our own texts.
    case ignored
    /// A file that cannot be taken in under this name; it is left alone, and counted.
    case unusable

    /// The longest name in bytes: with a batch's number and `.status.txt` it must fit a file system's 255.
    static let longest = 200
    static let markerEnding = ".done"
    static let statusEnding = ".status.txt"
    static let errorEnding = ".error.txt"

    /// Judges a name.
    init(_ name: String) {
        self =
            switch name {
            case _ where Self.isIgnored(name): .ignored
            case _ where name.hasSuffix(Self.markerEnding): .marker(of: String(name.dropLast(Self.markerEnding.count)))
            case _ where Self.isUsable(name): .file
            default: .unusable
            }
    }

    /// Hidden files are unfinished ones of rsync and others, `~$` are locks of office programs.
    private static func isIgnored(_ name: String) -> Bool {
        let lowercase = name.lowercased()
        return name.hasPrefix(".") || name.hasPrefix("~$")
            || [".tmp", ".part", statusEnding, errorEnding].contains(where: lowercase.hasSuffix)
    }

    /// Control characters would break lines in logs and in the texts we write.
    private static func isUsable(_ name: String) -> Bool {
        name.utf8.count <= longest && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
