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

    /// Writes, or removes, the text about files that cannot be taken in under the names they have.
    ///
    /// - Parameter count: how many there are.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    public func writeNotTaken(_ count: Int) throws {
        let path = "\(inbox)/_not-taken\(InboxName.statusEnding)"
        guard count > 0 else { return try calls.remove(path) }
        let text = """
            \(count == 1 ? "1 file here is" : "\(count) files here are") not taken in, because of the name.

            A name must be UTF-8, hold no control characters, and be at most \(InboxName.longest) bytes long.
            What to do: give it another name.

            """
        try calls.write(text, to: path, sharedWith: exchangeGroup, isDurable: false)
    }

    /// Whether a file of this name lies in the inbox.
    public func holdsInInbox(_ name: String) -> Bool { (try? calls.file(inboxPath(of: name))) != nil }

    private func statusPath(of name: String) -> String { inboxPath(of: name) + InboxName.statusEnding }
}
