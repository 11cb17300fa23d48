import Basics

extension DropFolder {
    /// Takes a whole file out of the inbox: renames it into `working/`, never over another, and checks that it is still
    /// what was seen. The marker goes with it and is removed last, so that after a crash it still speaks for the file.
    ///
    /// When this returns `taken`, the move would survive a power cut.
    ///
    /// - Parameter file: the file as ``look()`` saw it.
    /// - Returns: what became of it.
    /// - Throws: ``DropFolderError`` when the file cannot be moved.
    public func claim(_ file: ObservedFile) throws -> FileClaim {
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

    /// A marker without a file in the inbox would speak for the next file of that name; so would one come meanwhile.
    func returnMarker(of name: String) throws {
        let marker = workingMarker(of: name)
        guard try calls.file(marker) != nil else { return }
        guard try calls.file(inboxPath(of: name)) != nil else { return try calls.remove(marker) }
        let target = inboxPath(of: name) + InboxName.markerEnding
        if try calls.move(marker, to: target, isShared: true) == .occupied { try calls.remove(marker) }
    }

    private func workingMarker(of name: String) -> String { workingPath(of: name) + InboxName.markerEnding }
}
