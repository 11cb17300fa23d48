/// What a document and all its nodes share: the bytes as received and the tape over them. Immutable.
final class JSONStorage: Sendable {
    let bytes: [UInt8]
    let tape: [TapeEntry]

    init(bytes: [UInt8], tape: [TapeEntry]) {
        self.bytes = bytes
        self.tape = tape
    }

    /// Calls `body` with the unescaped UTF-8 of the string at `index`; copies only where the string has escapes.
    func withString<Result>(
        at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let entry = tape[index]
        if entry.isEscaped {
            return try unescapedString(at: index).withUnsafeBytes(body)
        }
        return try bytes.withUnsafeBytes { all in
            try body(UnsafeRawBufferPointer(rebasing: all[entry.content]))
        }
    }

    /// The unescaped UTF-8 of the string at `index`.
    func unescapedString(at index: Int) -> [UInt8] {
        let entry = tape[index]
        guard entry.isEscaped else { return Array(bytes[entry.content]) }
        return StringEscapes.unescaped(bytes[entry.content])
    }
}
