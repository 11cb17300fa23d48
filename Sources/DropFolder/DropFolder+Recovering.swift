extension DropFolder {
    /// Puts right what a crash may have left, at start and before any claim.
    ///
    /// Half-written texts are removed. A file in `working/` that has a batch stays. One without a batch goes back into
    /// the inbox with its marker, since nobody knows whether it was checked after its move; only where markers are
    /// needed, one whose marker is gone was checked, and stays.
    ///
    /// - Parameters:
    ///   - claimed: names of the files in this folder that have a batch which has not let go of them.
    ///   - needsDoneMarker: whether only a marker makes a file whole.
    /// - Returns: what the runner goes on with.
    /// - Throws: ``DropFolderError`` when a folder cannot be read or a file cannot be moved.
    public func recover(claimed: Set<String>, needsDoneMarker: Bool) throws -> RecoveredFiles {
        try removeTemporaries()
        let names = try calls.names(in: working).compactMap(\.self)
        let files = try Set(names.filter { try InboxName($0) == .file && calls.file(workingPath(of: $0)) != nil })
        let markers = Set(names.compactMap(markedFile))
        for name in markers where !files.contains(name) { try returnMarker(of: name) }
        var found = RecoveredFiles()
        for name in files.sorted() {
            if claimed.contains(name) {
                try calls.remove(workingPath(of: name) + InboxName.markerEnding)
                found.claimed.append(name)
            } else if needsDoneMarker && !markers.contains(name) {
                found.unclaimed.append(name)
            } else {
                try putBack(name, into: &found)
            }
        }
        found.gone = claimed.subtracting(files).sorted()
        return found
    }

    private func putBack(_ name: String, into found: inout RecoveredFiles) throws {
        try removeHalfRefusal(of: name)
        if case .refused(let error) = try putBack(name) {
            found.refused.append(error)
        } else {
            found.returned.append(name)
        }
    }

    /// A refusal that was written, but whose file had not been moved yet, is written anew when it comes to that.
    private func removeHalfRefusal(of name: String) throws {
        guard try calls.file("\(rejected)/\(name)") == nil else { return }
        try calls.remove("\(rejected)/\(name)\(InboxName.errorEnding)")
    }

    private func markedFile(_ name: String) -> String? {
        if case .marker(let file) = InboxName(name) { file } else { nil }
    }

    private func removeTemporaries() throws {
        for folder in [inbox, rejected] {
            for name in try calls.names(in: folder) {
                guard let name, name.hasPrefix(FolderCalls.temporaryPrefix) else { continue }
                try calls.remove("\(folder)/\(name)")
            }
        }
    }
}
