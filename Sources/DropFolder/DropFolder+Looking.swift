import Basics

extension DropFolder {
    /// Lists the inbox: regular files with names of their own, their markers, and what is left alone there. Our own
    /// texts are not listed, and neither are hidden folders, which file systems keep for themselves. One look costs one
    /// examination per name.
    ///
    /// - Returns: what lies there now.
    /// - Throws: ``DropFolderError`` when the inbox cannot be read.
    public func look() throws -> FolderListing { try look(at: calls.names(in: inbox)) }

    /// The same for names that were listed a moment ago.
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
