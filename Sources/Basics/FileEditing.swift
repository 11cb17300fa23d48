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

/// What is to be changed in a text file, by its physical lines, which end in LF or CRLF. A pure value; bytes that are not
/// changed stay as they are.
package struct LineEdits: Sendable, Equatable {
    /// What becomes of some lines.
    package enum Change: Sendable, Equatable {
        /// They are left out.
        case removed
        /// Their line ends alone stay, so that the lines after them keep their numbers.
        case emptied
        /// These bytes stand in their place, line end included.
        case replaced([UInt8])
    }

    private var edits: [(lines: Range<Int>, change: Change)] = []

    /// Changes nothing.
    package init() {}

    /// Whether nothing is changed.
    package var isEmpty: Bool { edits.isEmpty }

    /// Adds a change.
    ///
    /// - Parameters:
    ///   - lines: The lines, from 1; behind those added before.
    ///   - change: What becomes of them.
    package mutating func add(_ lines: Range<Int>, _ change: Change) { edits.append((lines, change)) }

    package static func == (left: LineEdits, right: LineEdits) -> Bool {
        left.edits.elementsEqual(right.edits) { $0.lines == $1.lines && $0.change == $1.change }
    }

    /// What changes a text as it is read.
    package var editor: LineEditor { LineEditor(edits.map { ($0.lines, $0.change) }) }
}

/// Changes the lines of a text that passes by in blocks, in constant memory.
package struct LineEditor: Sendable {
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Those to come, in reverse.
    private var edits: [(lines: Range<Int>, change: LineEdits.Change)]
    private var line = 1
    /// Whether the last byte that was left out is a CR, which belongs to the line end if a LF follows.
    private var endsInReturn = false

    fileprivate init(_ edits: [(Range<Int>, LineEdits.Change)]) { self.edits = edits.reversed() }

    /// Appends what becomes of the next block of the text.
    ///
    /// - Parameters:
    ///   - block: The block; it may begin and end anywhere in a line.
    ///   - out: What it is appended to.
    package mutating func edit(_ block: UnsafeRawBufferPointer, into out: inout [UInt8]) {
        var rest = block[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: Self.newline)
            let part = rest[..<(end.map { $0 + 1 } ?? rest.endIndex)]
            append(part, isEnded: end != nil, to: &out)
            rest = rest[part.endIndex...]
        }
    }

    private mutating func append(_ part: Slice<UnsafeRawBufferPointer>, isEnded: Bool, to out: inout [UInt8]) {
        if let edit = edits.last, edit.lines.contains(line) {
            change(part, by: edit.change, isEnded: isEnded, &out)
        } else {
            out.append(contentsOf: part)
        }
        guard isEnded else { return }
        line += 1
        endsInReturn = false
        while let edit = edits.last, edit.lines.upperBound <= line { edits.removeLast() }
    }

    private mutating func change(
        _ part: Slice<UnsafeRawBufferPointer>, by change: LineEdits.Change, isEnded: Bool, _ out: inout [UInt8]
    ) {
        switch change {
        case .removed: break
        case .emptied:
            let text = isEnded ? part.dropLast() : part
            let hasReturn = text.last.map { $0 == Self.carriageReturn } ?? endsInReturn
            if isEnded { out += hasReturn ? [Self.carriageReturn, Self.newline] : [Self.newline] }
            endsInReturn = hasReturn
        case .replaced(let bytes):
            guard let edit = edits.popLast() else { return }
            // They come once, and the lines are left out from there on.
            out += bytes
            edits.append((edit.lines, .removed))
        }
    }
}
