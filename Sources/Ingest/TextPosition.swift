import Basics

/// A place in a text as people count: line and column from 1, columns in characters.
struct TextPosition: Sendable, Equatable {
    private(set) var line = 1
    private(set) var column = 1

    /// The beginning of a text, or of one of its lines.
    init(line: Int = 1) { self.line = line }

    /// Moves behind `bytes`, which must be well-formed UTF-8.
    mutating func advance(over bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == Byte.newline {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                // Continuation bytes belong to the character before them.
                column += 1
            }
        }
    }
}

extension TextPosition {
    /// Finds the place of the byte at `target`, reading the source once more from its beginning. Every byte before
    /// it must be well-formed UTF-8; a byte order mark is no character.
    ///
    /// - Parameters:
    ///   - target: offset in bytes.
    ///   - source: the bytes.
    /// - Throws: `InputError` when the source cannot be read.
    init(of target: Int, in source: any ByteSource) throws(InputError) {
        self.init()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var offset = 0
        while offset < target {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(target - offset))
            let count = try source.read(into: wanted, at: offset)
            guard count > 0 else { break }
            let block = UnsafeRawBufferPointer(rebasing: wanted.prefix(count))
            advance(over: block.dropFirst(offset == 0 ? ByteOrderMark.length(in: block) : 0))
            offset += count
        }
    }
}
