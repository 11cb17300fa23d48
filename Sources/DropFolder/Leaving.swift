package import Basics

extension DropFolder {
    /// Moves a processed file from `working/` into `archive/`: under its own name, or, where that is
    /// taken, under its batch's name. Does nothing when the file has left already.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - batch: the batch's name, without an ending.
    /// - Throws: ``DropFolderError`` when it cannot be moved.
    package func archive(_ name: String, as batch: String) throws {
        for candidate in FreeNames.candidates(for: name, batch: batch) {
            if try calls.move(workingPath(of: name), to: "\(archive)/\(candidate)") != .occupied { break }
        }
        try calls.synchronize(archive)
        try calls.synchronize(working)
    }

    /// Moves a file that was refused as a whole from `working/` into `rejected/`, with `NAME.error.txt` beside it. The
    /// text is on the disk before the file is moved: no file is in `rejected/` unexplained. Does nothing when the file
    /// has left already.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - error: why it is refused.
    ///   - batch: the name of its batch, which the file gets where its own name is taken; nil where it has none.
    /// - Returns: where the file lies now.
    /// - Throws: ``DropFolderError`` when the text cannot be written or the file cannot be moved.
    @discardableResult
    package func reject(_ name: String, because error: InputError, as batch: String?) throws -> String {
        let file = workingPath(of: name)
        var place = file
        for candidate in FreeNames.candidates(for: name, batch: batch) {
            guard try calls.file(file) != nil else { break }
            let target = "\(rejected)/\(candidate)"
            // A text without its file was left by a crash between the two, or the file was taken by someone.
            guard try calls.file(target) == nil else { continue }
            try calls.write(RefusalText.text(for: error), to: target + InboxName.errorEnding, sharedWith: nil)
            try calls.synchronize(rejected)
            if try calls.move(file, to: target) != .occupied {
                place = target
                break
            }
        }
        try calls.synchronize(rejected)
        try calls.synchronize(working)
        return place
    }

    /// Removes a processed file from `working/`. Does nothing when the file has left already.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be removed.
    package func delete(_ name: String) throws {
        try calls.remove(workingPath(of: name))
        try calls.synchronize(working)
    }
}

/// While a batch waits for an operator's decision its file is back in the inbox, where its owner can take it away.
extension DropFolder {
    /// Moves a file from `working/` back into the inbox, where it stays the claimed one. Does nothing when another file
    /// of its name lies there, or when it is there already.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be moved.
    package func returnToInbox(_ name: String) throws {
        guard try calls.move(workingPath(of: name), to: inboxPath(of: name), isShared: true) == .moved else { return }
        try calls.synchronize(inbox)
        try calls.synchronize(working)
    }

    /// A file in the inbox as it is now; nil where none lies there.
    ///
    /// - Throws: ``DropFolderError`` when the system cannot answer.
    package func sighting(of name: String) throws -> ObservedFile? {
        try calls.file(inboxPath(of: name)).map { ObservedFile(name: name, identity: $0) }
    }

    /// Whether a file of this name is being worked on.
    ///
    /// - Throws: ``DropFolderError`` when the system cannot answer.
    package func holdsInWorking(_ name: String) throws -> Bool { try calls.file(workingPath(of: name)) != nil }

    /// The path of a file while it waits to be claimed.
    package func inboxPath(of name: String) -> String { "\(inbox)/\(name)" }

    /// A path as the folder's users see it, who may know the folder by another path than we do.
    package func shownPath(_ path: String) -> String {
        path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }

    /// Under which path a file from `working/` would lie if it were rejected now.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - batch: as in ``reject(_:because:as:)``.
    /// - Returns: the path.
    /// - Throws: ``DropFolderError`` when the system cannot answer.
    package func rejectedPath(of name: String, as batch: String?) throws -> String {
        let candidates = FreeNames.candidates(for: name, batch: batch).lazy.map { "\(rejected)/\($0)" }
        return try candidates.first { try calls.file($0) == nil } ?? "\(rejected)/\(name)"
    }
}

/// The text beside a refused file: what is wrong, where, and what to do. It holds no value of a record.
enum RefusalText {
    private static let nothingSent = "nothing of it was sent, nothing was billed"

    static func text(for error: InputError) -> String {
        """
        \(error.file) \(error.consequence ?? "was refused as a whole: \(nothingSent)").

        \(place(error).map { "\($0): \(error.file) " } ?? "\(error.file) ")\(error.rule)

        \(error.remedy ?? "Put it right and drop it into the inbox again").

        """
    }

    /// `Line 3, column 4`; nil where the whole file is meant.
    static func place(_ error: InputError) -> String? {
        error.line.map { line in error.column.map { "Line \(line), column \($0)" } ?? "Line \(line)" }
    }
}

/// Candidate names for a file in a folder where its own may be taken.
enum FreeNames {
    /// Best first: `NAME`, its batch's name, then with numbers. A batch's name is used only once, so a thousand files
    /// of one name do not need a thousand tries.
    static func candidates(for name: String, batch: String?) -> some Sequence<String> {
        let (stem, ending) = parts(of: name)
        return (0...).lazy.map { index in
            switch (index, batch) {
            case (0, _): name
            case (1, let batch?): batch + ending
            case (_, let batch?): "\(batch)-\(index)\(ending)"
            case (_, nil): "\(stem)-\(index + 1)\(ending)"
            }
        }
    }

    /// `accounts.csv` is `accounts` and `.csv`.
    static func parts(of name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }
}
