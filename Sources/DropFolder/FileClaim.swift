package import Basics

extension DropFolder {
    /// Takes a whole file out of the inbox: renames it into `working/`, never over another, and checks that it is still
    /// what was seen. The marker moves with it and is removed last, so that after a crash it still vouches for the
    /// file.
    ///
    /// When this returns `taken`, the move would survive a power cut.
    ///
    /// - Parameter file: the file as ``look()`` saw it.
    /// - Returns: what became of it.
    /// - Throws: ``DropFolderError`` when the file cannot be moved.
    package func claim(_ file: ObservedFile) throws -> FileClaim {
        let name = file.name
        guard try calls.file(workingPath(of: name)) == nil else { return .waitsItsTurn }
        if let present = try calls.file(inboxPath(of: name)), present != file.identity { return .changed }
        try takeMarker(of: name)
        switch try calls.move(inboxPath(of: name), to: workingPath(of: name)) {
        case .moved: return try confirm(file)
        case .gone:
            try calls.remove(workingMarker(of: name))
            return .gone
        case .occupied:
            try returnMarker(of: name)
            return .waitsItsTurn
        }
    }

    private func confirm(_ file: ObservedFile) throws -> FileClaim {
        try calls.synchronize(working)
        try calls.synchronize(inbox)
        // The move itself is a change of the file, so that what is left to compare is what its writer says.
        guard let moved = try calls.file(workingPath(of: file.name)), moved.isSameBesidesName(as: file.identity) else {
            return try putBack(file.name)
        }
        try calls.remove(workingMarker(of: file.name))
        return .taken(path: workingPath(of: file.name))
    }

    /// Returns a file that may not be whole to the inbox, the file before its marker: a marker must never lie there
    /// before its file.
    func putBack(_ name: String) throws -> FileClaim {
        switch try calls.move(workingPath(of: name), to: inboxPath(of: name), isShared: true) {
        case .moved, .gone: try returnMarker(of: name)
        case .occupied: return .refused(try refuseDisplaced(name))
        }
        try calls.synchronize(inbox)
        try calls.synchronize(working)
        return .changed
    }

    private func refuseDisplaced(_ name: String) throws -> InputError {
        let error = InputError(
            file: name,
            rule: "was not whole when it was taken, and another file of that name has come since; drop it again")
        try calls.remove(workingMarker(of: name))
        try reject(name, because: error, as: nil)
        return error
    }

    private func takeMarker(of name: String) throws {
        let marker = inboxPath(of: name) + InboxName.markerEnding
        guard try calls.file(marker) != nil else { return }
        try calls.replace(workingMarker(of: name), with: marker)
    }

    /// A marker left in the inbox without its file, or one that arrives meanwhile, would vouch for the next file of
    /// that name.
    func returnMarker(of name: String) throws {
        let marker = workingMarker(of: name)
        guard try calls.file(marker) != nil else { return }
        guard try calls.file(inboxPath(of: name)) != nil else { return try calls.remove(marker) }
        let target = inboxPath(of: name) + InboxName.markerEnding
        if try calls.move(marker, to: target, isShared: true) == .occupied { try calls.remove(marker) }
    }

    private func workingMarker(of name: String) -> String { workingPath(of: name) + InboxName.markerEnding }
}

extension DropFolder {
    /// Repairs what a crash may have left behind; called at start, before any claim.
    ///
    /// Half-written texts are removed. A file in `working/` that has a batch stays. One without a batch goes back into
    /// the inbox with its marker, since it is not known whether it was checked after its move. Where markers are
    /// required, a file whose marker is gone was checked, and stays.
    ///
    /// - Parameters:
    ///   - claimed: names of the files in this folder whose batches still hold them.
    ///   - own: names of the files that are this process's to repair, where other nodes have files in `working/`; nil: all.
    ///   - needsDoneMarker: whether only a marker makes a file whole.
    ///   - isStart: whether nothing is being written yet, so that half-written texts are left from before.
    /// - Returns: what was found and done.
    /// - Throws: ``DropFolderError`` when a folder cannot be read or a file cannot be moved.
    package func recover(
        claimed: Set<String>, among own: Set<String>? = nil, needsDoneMarker: Bool, isStart: Bool = true
    ) throws -> RecoveredFiles {
        if isStart { try removeTemporaries() }
        let names = try calls.names(in: working).compactMap(\.self).filter { name in
            own?.contains(markedFile(name) ?? name) ?? true
        }
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

    /// Names of the files in `working/`, whosever they are.
    ///
    /// - Throws: ``DropFolderError`` when it cannot be read.
    package func workingNames() throws -> Set<String> {
        Set(try calls.names(in: working).compactMap(\.self).filter { InboxName($0) == .file })
    }

    private func putBack(_ name: String, into found: inout RecoveredFiles) throws {
        try removeHalfRefusal(of: name)
        if case .refused(let error) = try putBack(name) {
            found.refused.append(error)
        } else {
            found.returned.append(name)
        }
    }

    /// A refusal that was written, but whose file had not been moved yet, is written again when the file is next
    /// examined.
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
                guard let name, name.hasPrefix(FolderCalls.temporaryPrefix),
                    !isShared || name.hasSuffix(calls.temporaryEnding)
                else { continue }
                try calls.remove("\(folder)/\(name)")
            }
        }
    }
}

/// How the claim of a file ended.
package enum FileClaim: Sendable, Equatable {
    /// The file is in `working/` now, under this path, as it was seen.
    case taken(path: String)
    /// A file of that name is still in `working/`; this one stays in the inbox until that has left.
    case waitsItsTurn
    /// It was written to after it was seen, so it is back in the inbox and has to settle again.
    case changed
    /// It was written to after it was seen, and another file of its name came meanwhile, so it is in `rejected/` with
    /// this explanation.
    case refused(InputError)
    /// It is no longer in the inbox.
    case gone
}

/// What was found in `working/` at a start.
package struct RecoveredFiles: Sendable, Equatable {
    /// Names of files in `working/` whose batches continue.
    package internal(set) var claimed: [String] = []
    /// Names of files in `working/` that were whole when they were taken and have no batch yet; examine them next.
    package internal(set) var unclaimed: [String] = []
    /// Names of files that were put back into the inbox, where they have to settle again.
    package internal(set) var returned: [String] = []
    /// Files that could not be put back, because the inbox has another of that name; they are in `rejected/`.
    package internal(set) var refused: [InputError] = []
    /// Claimed names that are no longer in `working/`: they had left before their claim was forgotten. Forget it now.
    package internal(set) var gone: [String] = []
}
