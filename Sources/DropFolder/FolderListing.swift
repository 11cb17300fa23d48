import Basics
import CPlatform
import Foundation

extension DropFolder {
    /// Lists the inbox: regular files to be ingested, their markers, and what is left alone there. Our own texts are
    /// not listed, nor are hidden folders, which file systems use for their own purposes. One look costs one file
    /// status per name.
    ///
    /// - Returns: what lies there now.
    /// - Throws: ``DropFolderError`` when the inbox cannot be read.
    package func look() throws -> FolderListing { try look(at: calls.names(in: inbox)) }

    /// The same for names that have just been listed.
    func look(at names: [String?]) throws -> FolderListing {
        var listing = FolderListing()
        var files: [String: FileIdentity] = [:]
        var markers: [String: FileIdentity] = [:]
        for name in names {
            switch name.map({ ($0, InboxName($0)) }) {
            // Names that differ in their bytes alone are one for Swift: the second waits until the first has gone.
            case (let name, .file)?: files[name] = try files[name] ?? seen(name, &listing)
            case (let name, .marker(let file))?: markers[file] = try calls.file(inboxPath(of: name))
            case (let name, .unfinished(let sign))?: try note(name, sign, in: &listing)
            case (_, .own)?: break
            case (_, .unusable)?, nil: listing.skippedFiles.append(SkippedFile(nil, .unusableName))
            }
        }
        // A folder changes while it is listed: a file that came before its marker may still be missing here.
        for name in markers.keys where files[name] == nil && InboxName(name) == .file {
            files[name] = try calls.file(inboxPath(of: name))
        }
        listing.files = files.map { ObservedFile(name: $0, identity: $1, marker: markers[$0]) }
        listing.orphans = markers.filter { files[$0.key] == nil }
        listing.skippedFiles.sort { ($0.name ?? "~", $0.what) < ($1.name ?? "~", $1.what) }
        return listing
    }

    private func seen(_ name: String, _ listing: inout FolderListing) throws -> FileIdentity? {
        switch try calls.entry(inboxPath(of: name)) {
        case .file(let identity): return identity
        case .folder: listing.skippedFiles.append(SkippedFile(name, .folder))
        case .link: listing.skippedFiles.append(SkippedFile(name, .link))
        case .special: listing.skippedFiles.append(SkippedFile(name, .special))
        case .nothing: break
        }
        return nil
    }

    private func note(_ name: String, _ sign: String, in listing: inout FolderListing) throws {
        switch try calls.entry(inboxPath(of: name)) {
        case .nothing: break
        case .folder where name.hasPrefix("."): break
        case .file, .folder, .link, .special: listing.skippedFiles.append(SkippedFile(name, .unfinished(sign: sign)))
        }
    }
}

/// What is in an inbox at one instant.
package struct FolderListing: Sendable, Equatable {
    /// The files that may be ingested, in no particular order.
    package internal(set) var files: [ObservedFile] = []
    /// What is not ingested, in the order of the names.
    package internal(set) var skippedFiles: [SkippedFile] = []
    /// Markers without a file.
    var orphans: [String: FileIdentity] = [:]

    init() {}
}

/// Something in an inbox that is not ingested and stays where it is.
package struct SkippedFile: Sendable, Hashable {
    /// Why it is not ingested.
    package enum Reason: Sendable, Hashable {
        /// Its name says that it is not finished; the part of the name that says so.
        case unfinished(sign: String)
        case folder
        case link
        /// It is a pipe, a socket or a device.
        case special
        /// Its name is not UTF-8, holds control characters or is too long; it is not repeated anywhere.
        case unusableName
    }

    /// Its name; nil for one that is not to be repeated.
    package let name: String?
    /// Why it is not ingested.
    package let reason: Reason

    /// Describes something that stays where it is.
    package init(_ name: String?, _ reason: Reason) {
        self.name = name
        self.reason = reason
    }
}

extension SkippedFile: CustomStringConvertible {
    /// Name and reason, for a log.
    package var description: String { name.map { "\($0) (\(what))" } ?? what }

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

    /// What its owner can do.
    private var remedy: String {
        switch reason {
        case .unfinished: "it is taken in once it has a name without that"
        case .folder: "put its files into the inbox itself"
        case .link: "put the file itself there"
        case .special: "save the records as a file and put that into the inbox"
        case .unusableName: "give it another name"
        }
    }

    /// Names in one text: as many as somebody reads through.
    private static let shownAtMost = 100

    /// The text that lists for the folder's users everything that is left alone there.
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

extension FolderListing {
    /// Looks at paths matched by a pattern. A file's name here is its path. A link is left alone as in an inbox: what it
    /// leads to may be exchanged between two looks, and disposing of the input would remove the link instead.
    ///
    /// No earlier look is known, so a marker counts only where it is not older than its file, neither by the time of
    /// the last write nor by that of the last change: an older one belongs to an earlier file of that name.
    ///
    /// - Parameters:
    ///   - paths: what the pattern names.
    ///   - readsMarkers: whether `PATH.done` says that a file is whole.
    package init(paths: [String], readsMarkers: Bool) {
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
        case S_IFLNK: skippedFiles.append(SkippedFile(path, .link))
        default: skippedFiles.append(SkippedFile(path, .special))
        }
    }

    /// What is at a path itself, a link not followed; nil where there is nothing, or access is denied.
    private static func facts(of path: String) -> stat? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts : nil
    }
}

/// A file as it was seen in an inbox at one instant.
package struct ObservedFile: Sendable, Equatable {
    /// Its name, without the folder.
    package let name: String
    let identity: FileIdentity
    /// Its marker, `NAME.done`, if that was there.
    let marker: FileIdentity?

    /// Whether its marker, `NAME.done`, was there.
    package var hasMarker: Bool { marker != nil }
    /// Its size in bytes.
    package var byteCount: Int { identity.byteCount }

    /// Whether the file is the one seen before, unchanged since.
    package func isUnchanged(since earlier: ObservedFile) -> Bool { identity == earlier.identity }

    init(name: String, identity: FileIdentity, marker: FileIdentity? = nil) {
        self.name = name
        self.identity = identity
        self.marker = marker
    }
}
