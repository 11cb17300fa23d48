extension DropFolder {
    /// Lists the inbox: regular files with names of their own, and their markers. Hidden, `.tmp`, `.part` and `~$`
    /// names, our own texts, folders, pipes and links are not listed. One look costs one examination per file.
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
            case (let name, .file)?: files[name] = try files[name] ?? seen(name)
            case (let name, .marker(let file))?: markers[file] = try seen(name)
            case (_, .ignored)?: break
            case (_, .unusable)?, nil: listing.unusableNames += 1
            }
        }
        // A folder changes while it is listed: a file that came before its marker may still be missing here.
        for name in markers.keys where files[name] == nil && InboxName(name) == .file { files[name] = try seen(name) }
        listing.files = files.map { FileSighting(name: $0, identity: $1, marker: markers[$0]) }
        listing.orphans = markers.filter { files[$0.key] == nil }
        return listing
    }

    private func seen(_ name: String) throws -> FileIdentity? { try calls.file(inboxPath(of: name)) }
}
