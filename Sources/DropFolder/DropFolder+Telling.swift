extension DropFolder {
    /// Writes `NAME.status.txt` into the inbox: whole or not at all, and readable for the exchange group.
    ///
    /// Trouble with it is no reason to stop a batch: the people at the folder own the inbox too, and may be in the way.
    ///
    /// - Parameter status: what to say.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    public func writeStatus(_ status: FileStatus) throws {
        try calls.write(status.text, to: statusPath(of: status.file), sharedWith: exchangeGroup, isDurable: false)
    }

    /// Removes `NAME.status.txt`: the batch is completed and its results speak for it.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be removed.
    public func removeStatus(of name: String) throws {
        try calls.remove(statusPath(of: name))
    }

    /// Writes, or removes, the text about what lies in the inbox and is not taken in.
    ///
    /// - Parameter things: all of it.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    public func writeNotTaken(_ things: [SkippedFile]) throws {
        let path = "\(inbox)/_not-taken\(InboxName.statusEnding)"
        guard !things.isEmpty else { return try calls.remove(path) }
        try calls.write(SkippedFile.text(of: things), to: path, sharedWith: exchangeGroup, isDurable: false)
    }

    private func statusPath(of name: String) -> String { inboxPath(of: name) + InboxName.statusEnding }
}
