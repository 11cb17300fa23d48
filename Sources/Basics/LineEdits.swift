/// What is to be changed in a text file, by its physical lines, which end in LF or CRLF. A pure value; bytes that are not
/// changed stay as they are.
package struct LineEdits: Sendable, Equatable {
    /// What becomes of some lines.
    package enum Change: Sendable, Equatable {
        /// They are left out.
        case removed
        /// Their line ends alone stay, so that the lines behind them keep their numbers.
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
