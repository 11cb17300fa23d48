import Foundation

/// Puts a changed copy of a file in its place, as a whole.
package enum FileEditing {
    /// Bytes that are read at once.
    private static let portion = 1 << 18

    /// Changes lines of a file. The old content or the new one is found under its name at any time; the new one survives
    /// a power cut when this returns. Mode, group and the time of the last write stay, and the owner where the process may
    /// give files away: how old a file's content is does not depend on what was taken out of it.
    ///
    /// The copy lies beside it meanwhile, under a hidden name; one that a killed process left there is removed. Whoever
    /// calls this keeps others from changing the file at the same time.
    ///
    /// - Parameters:
    ///   - edits: What is changed; if nothing is, the file is not touched.
    ///   - path: The file.
    ///   - beforeReplacing: Called with the copy's path when that is whole, and not in place yet.
    /// - Throws: `SystemFault`, why it cannot be read or written, or what `beforeReplacing` throws; the file is then as it was.
    package static func perform(
        _ edits: LineEdits, on path: String, beforeReplacing: (String) throws -> Void
    ) throws {
        guard !edits.isEmpty else { return }
        let file = try OwnedDescriptor(opening: path, O_RDONLY | O_NOFOLLOW)
        let facts = try file.facts()
        let copyPath = temporaryPath(of: path)
        unlink(copyPath)
        do {
            let copy = try OwnedDescriptor(opening: copyPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
            try give(copy, what: facts)
            try write(edits, from: file, to: copy)
            try SystemCall.performing { futimens(copy.number, [facts.st_atim, facts.st_mtim]) }
            try copy.synchronize()
            try beforeReplacing(copyPath)
            try replace(path, knownAs: facts, with: copyPath)
        } catch {
            unlink(copyPath)
            throw error
        }
    }

    /// The same without anything to be done before.
    ///
    /// - Throws: Why it cannot be read or written; then it is as it was.
    package static func perform(_ edits: LineEdits, on path: String) throws(SystemFault) {
        do {
            try perform(edits, on: path) { _ in }
        } catch {
            throw error as? SystemFault ?? SystemFault(EIO)
        }
    }

    /// Removes what a killed process left beside a file.
    package static func removeTemporary(of path: String) { unlink(temporaryPath(of: path)) }

    private static func temporaryPath(of path: String) -> String {
        let file = URL(fileURLWithPath: path)
        return file.deletingLastPathComponent().appending(path: ".\(file.lastPathComponent).tmp-edited").path
    }

    /// Where the group cannot be kept nobody but the owner may read it.
    private static func give(_ copy: borrowing OwnedDescriptor, what facts: stat) throws(SystemFault) {
        let owner = geteuid() == 0 ? facts.st_uid : uid_t.max
        let isGiven = fchown(copy.number, owner, facts.st_gid) == 0
        try copy.setMode(facts.st_mode & (isGiven ? 0o777 : 0o700))
    }

    private static func write(
        _ edits: LineEdits, from file: borrowing OwnedDescriptor, to copy: borrowing OwnedDescriptor
    ) throws(SystemFault) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: portion, alignment: 64)
        defer { buffer.deallocate() }
        var (editor, offset, out) = (edits.editor, 0, [UInt8]())
        while true {
            let count = try file.read(into: buffer, at: offset)
            guard count > 0 else { return }
            editor.edit(UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &out)
            try copy.write(out)
            out.removeAll(keepingCapacity: true)
            offset += count
        }
    }

    /// A file that was removed or replaced meanwhile must not come back.
    private static func replace(
        _ path: String, knownAs facts: stat, with copy: String
    ) throws(SystemFault) {
        var now = stat()
        try SystemCall.performing { lstat(path, &now) }
        guard (now.st_dev, now.st_ino) == (facts.st_dev, facts.st_ino) else { throw SystemFault(ESTALE) }
        try SystemCall.performing { rename(copy, path) }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try OwnedDescriptor(opening: folder, O_RDONLY | O_DIRECTORY).synchronize()
    }
}
