/// Writes JSON strings in the one form of the canonical request: the fewest escapes, short ones where there are any.
enum JSONString {
    private static let quotes = WordScan.repeated(Byte.quote)
    private static let backslashes = WordScan.repeated(Byte.backslash)
    /// No byte needs more room than `\u001f`.
    private static let longestEscape = 6

    /// A string in quotes.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        text.withUnsafeBytes { append($0, to: &buffer) }
        return Array(buffer.bytes)
    }

    /// Appends a string in quotes.
    ///
    /// - Parameters:
    ///   - text: well-formed UTF-8.
    ///   - buffer: receives the string.
    @inline(__always)
    static func append(_ text: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        buffer.write(upTo: text.count * longestEscape + 2) { out in
            out.storeBytes(of: Byte.quote, as: UInt8.self)
            let written = 1 + copy(text, to: out + 1)
            out.storeBytes(of: Byte.quote, toByteOffset: written, as: UInt8.self)
            return written + 1
        }
    }

    @inline(__always)
    private static func copy(_ text: UnsafeRawBufferPointer, to out: UnsafeMutableRawPointer) -> Int {
        var here = 0
        var written = 0
        while here + 8 <= text.count {
            let word = WordScan.word(of: text, at: here)
            let special =
                WordScan.controls(in: word) | WordScan.matches(of: quotes, in: word)
                | WordScan.matches(of: backslashes, in: word)
            if special != 0 {
                for offset in here..<here + 8 { written += put(text[offset], at: out + written) }
            } else {
                out.storeBytes(of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                written += 8
            }
            here += 8
        }
        while here < text.count {
            written += put(text[here], at: out + written)
            here += 1
        }
        return written
    }

    /// Writes one byte, escaped where RFC 8259 §7 demands it, and says how many bytes that took.
    @inline(__always)
    private static func put(_ byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        if byte >= 0x20, byte != Byte.quote, byte != Byte.backslash {
            out.storeBytes(of: byte, as: UInt8.self)
            return 1
        }
        return escape(byte, at: out)
    }

    @inline(never)
    private static func escape(_ byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        out.storeBytes(of: Byte.backslash, as: UInt8.self)
        if let letter = letter(for: byte) {
            out.storeBytes(of: letter, toByteOffset: 1, as: UInt8.self)
            return 2
        }
        let digits = StaticString("0123456789abcdef").utf8Start
        let rest = [UInt8(ascii: "u"), Byte.zero, Byte.zero, digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        rest.withUnsafeBytes { (out + 1).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(out), byteCount: 5) }
        return longestEscape
    }

    private static func letter(for byte: UInt8) -> UInt8? {
        switch byte {
        case Byte.quote, Byte.backslash: byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }
}
