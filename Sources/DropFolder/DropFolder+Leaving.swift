public import Basics

extension DropFolder {
    /// Moves a file that was worked through from `working/` into `archive/`: under its own name, or, where that is
    /// taken, under its batch's name. Does nothing when the file has left already.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - batch: the batch's name, without an ending.
    /// - Throws: ``DropFolderError`` when it cannot be moved.
    public func archive(_ name: String, as batch: String) throws {
        for candidate in FreeNames.candidates(for: name, batch: batch) {
            if try calls.move(workingPath(of: name), to: "\(archive)/\(candidate)") != .occupied { break }
        }
        try calls.synchronize(archive)
        try calls.synchronize(working)
    }

    /// Moves a file that was refused as a whole from `working/` into `rejected/`, with `NAME.error.txt` beside it. The
    /// text is there, on the disk, before the file is: no file lies in `rejected/` unexplained. Does nothing when the
    /// file has left already.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - error: why it is refused.
    ///   - batch: the name of its batch, which the file gets where its own name is taken; nil where it has none.
    /// - Throws: ``DropFolderError`` when the text cannot be written or the file cannot be moved.
    public func reject(_ name: String, because error: InputError, as batch: String?) throws {
        let file = workingPath(of: name)
        for candidate in FreeNames.candidates(for: name, batch: batch) {
            guard try calls.file(file) != nil else { break }
            let target = "\(rejected)/\(candidate)"
            // A text without its file was left by a crash between the two, or by somebody who took the file.
            guard try calls.file(target) == nil else { continue }
            try calls.write(RefusalText.text(for: error), to: target + InboxName.errorEnding, sharedWith: nil)
            try calls.synchronize(rejected)
            if try calls.move(file, to: target) != .occupied { break }
        }
        try calls.synchronize(rejected)
        try calls.synchronize(working)
    }

    /// Removes a file that was worked through from `working/`. Does nothing when the file has left already.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be removed.
    public func delete(_ name: String) throws {
        try calls.remove(workingPath(of: name))
        try calls.synchronize(working)
    }
}
