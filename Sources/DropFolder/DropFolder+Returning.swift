/// While a batch waits for a person's word its file lies in the inbox again, where whoever dropped it can take it away.
extension DropFolder {
    /// Moves a file from `working/` back into the inbox, where it stays the claimed one. Does nothing when another file
    /// of its name lies there, or when it is there already.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be moved.
    public func returnToInbox(_ name: String) throws {
        guard try calls.move(workingPath(of: name), to: inboxPath(of: name), isShared: true) == .moved else { return }
        try calls.synchronize(inbox)
        try calls.synchronize(working)
    }

    /// A file in the inbox as it is now; nil where none lies there.
    ///
    /// - Throws: ``DropFolderError`` when the system does not tell.
    public func sighting(of name: String) throws -> ObservedFile? {
        try calls.file(inboxPath(of: name)).map { ObservedFile(name: name, identity: $0) }
    }

    /// Whether a file of this name is being worked on.
    ///
    /// - Throws: ``DropFolderError`` when the system does not tell.
    public func holdsInWorking(_ name: String) throws -> Bool { try calls.file(workingPath(of: name)) != nil }

    /// The path of a file while it waits to be taken.
    public func inboxPath(of name: String) -> String { "\(inbox)/\(name)" }

    /// A path as people at the folder see it, who may know the folder by another path than we do.
    public func shownPath(_ path: String) -> String {
        path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }

    /// Under which path a file from `working/` would lie if it were rejected now.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - batch: as in ``reject(_:because:as:)``.
    /// - Returns: the path.
    /// - Throws: ``DropFolderError`` when the system does not tell.
    public func rejectedPath(of name: String, as batch: String?) throws -> String {
        let candidates = FreeNames.candidates(for: name, batch: batch).lazy.map { "\(rejected)/\($0)" }
        return try candidates.first { try calls.file($0) == nil } ?? "\(rejected)/\(name)"
    }
}
