import Basics

/// Checks a stream of blocks for well-formed UTF-8 (Unicode table 3-7: no overlong forms, no surrogates, nothing
/// above U+10FFFF) without NUL. A character may be split between blocks.
struct TextCheck: Sendable {
    private var offset = 0
    private var sequenceStart = 0
    private var missing = 0
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Checks the next block.
    ///
    /// - Parameter block: the bytes that follow those checked before.
    /// - Returns: the first fault, nil where there is none so far.
    mutating func check(_ block: UnsafeRawBufferPointer) -> TextFault? {
        let nul = block.firstOffset(of: 0, in: 0..<block.count)
        let sound = block.portion(0..<(nul ?? block.count))
        if let fault = checkSequences(sound) { return fault }
        offset += sound.count
        guard nul != nil else { return nil }
        return missing > 0 ? cutOff : TextFault(kind: .nul, offset: offset)
    }

    /// The fault of a text that ends within a character.
    func finish() -> TextFault? {
        missing > 0 ? cutOff : nil
    }

    private var cutOff: TextFault { TextFault(kind: .notUTF8, offset: sequenceStart) }

    private mutating func checkSequences(_ block: UnsafeRawBufferPointer) -> TextFault? {
        var here = 0
        while here < block.count {
            if missing == 0 {
                here = Self.skipASCII(block, from: here)
                guard here < block.count else { break }
            }
            guard accept(block[here], at: offset + here) else {
                return TextFault(kind: .notUTF8, offset: missing > 0 ? sequenceStart : offset + here)
            }
            here += 1
        }
        return nil
    }

    private mutating func accept(_ byte: UInt8, at place: Int) -> Bool {
        if missing > 0 {
            guard allowed.contains(byte) else { return false }
            missing -= 1
            allowed = 0x80...0xBF
            return true
        }
        sequenceStart = place
        return begin(byte)
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, allowed) = (2, 0xA0...0xBF)
        case 0xED: (missing, allowed) = (2, 0x80...0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, allowed) = (3, 0x90...0xBF)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, allowed) = (3, 0x80...0x8F)
        default: return false
        }
        return true
    }

    private static func skipASCII(_ block: UnsafeRawBufferPointer, from start: Int) -> Int {
        var here = start
        while here + 32 <= block.count {
            let words = block.loadUnaligned(fromByteOffset: here, as: SIMD4<UInt64>.self) & 0x8080_8080_8080_8080
            if words != .zero { break }
            here += 32
        }
        while here < block.count, block[here] < 0x80 { here += 1 }
        return here
    }
}

/// The first byte of a file that cannot stand in text.
struct TextFault: Sendable, Equatable {
    enum Kind: Sendable {
        case nul
        case notUTF8
    }

    let kind: Kind
    /// Offset in bytes from the beginning of what was checked.
    let offset: Int

    var rule: String {
        switch kind {
        case .nul: "has a NUL byte, so it is not text; save as CSV UTF-8"
        case .notUTF8: "is not UTF-8 (perhaps Windows-1252 or Latin-1); save as CSV UTF-8"
        }
    }
}

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
