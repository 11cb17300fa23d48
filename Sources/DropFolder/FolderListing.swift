import Basics

/// What lies in an inbox at one moment.
public struct FolderListing: Sendable, Equatable {
    /// The files that may be taken in, in no particular order.
    public internal(set) var files: [ObservedFile] = []
    /// What is not taken in, in the order of the names.
    public internal(set) var skippedFiles: [SkippedFile] = []
    /// Markers without a file.
    var orphans: [String: FileIdentity] = [:]

    init() {}
}

/// Something in an inbox that is not taken in, and stays where it is.
public struct SkippedFile: Sendable, Hashable {
    /// Why it is not taken in.
    public enum Reason: Sendable, Hashable {
        /// Its name says that it is not finished; what in the name says so.
        case unfinished(sign: String)
        /// It is a folder.
        case folder
        /// It is a link.
        case link
        /// It is a pipe, a socket or a device.
        case special
        /// Its name is not UTF-8, holds control characters or is too long; it is not repeated anywhere.
        case unusableName
    }

    /// Its name; nil for one that is not to be repeated.
    public let name: String?
    /// Why it is not taken in.
    public let reason: Reason

    /// Describes something that stays where it is.
    public init(_ name: String?, _ reason: Reason) {
        self.name = name
        self.reason = reason
    }
}

extension SkippedFile: CustomStringConvertible {
    /// Name and reason, for a log.
    public var description: String { name.map { "\($0) (\(what))" } ?? what }

    /// What it is.
    var what: String {
        switch reason {
        case .unfinished(let sign): "unfinished by its name, \(sign)"
        case .folder: "a folder"
        case .link: "a link"
        case .special: "a pipe, socket or device"
        case .unusableName:
            "a name that is not UTF-8, holds control characters or is longer than \(InboxName.longest) bytes"
        }
    }

    /// What whoever put it there can do.
    private var remedy: String {
        switch reason {
        case .unfinished: "it is taken in once it has a name without that"
        case .folder: "put its files into the inbox itself"
        case .link: "put the file itself into the inbox"
        case .special: "save the records as a file and put that into the inbox"
        case .unusableName: "give it another name"
        }
    }

    private static let shownAtMost = 100

    /// The text that tells the people at a folder of all that is left alone there.
    static func text(of all: [SkippedFile]) -> String {
        let named = all.filter { $0.name != nil }
        var lines = named.prefix(shownAtMost).map { "- \($0): \($0.remedy)" }
        if named.count > shownAtMost { lines.append("- and \(named.count - shownAtMost) more") }
        if let nameless = all.first(where: { $0.name == nil }) {
            lines.append("- \(all.count - named.count) × \(nameless): \(nameless.remedy)")
        }
        return (["Not taken in, and left here as it is:", ""] + lines + [""]).joined(separator: "\n")
    }
}
