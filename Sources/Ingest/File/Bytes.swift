import Foundation

/// The bytes that have a meaning to the readers.
enum Byte {
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let quote = UInt8(ascii: "\"")
    static let comma = UInt8(ascii: ",")
    static let semicolon = UInt8(ascii: ";")
    static let tab = UInt8(ascii: "\t")
    static let space = UInt8(ascii: " ")
    static let colon = UInt8(ascii: ":")
    static let equals = UInt8(ascii: "=")
    static let at = UInt8(ascii: "@")
    static let plus = UInt8(ascii: "+")
    static let backslash = UInt8(ascii: "\\")
    static let underscore = UInt8(ascii: "_")
    static let bar = UInt8(ascii: "|")
    /// The mark that old programs put at the end of a text (U+001A, Ctrl-Z).
    static let endMark: UInt8 = 0x1A
    static let zero = UInt8(ascii: "0")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")

    static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    /// The small letter of ASCII for a capital one; every other byte as it is.
    static func lowercased(_ byte: UInt8) -> UInt8 { isLetter(byte) ? byte | 0x20 : byte }

    /// The capital letter of ASCII for a small one; every other byte as it is.
    static func uppercased(_ byte: UInt8) -> UInt8 { isLetter(byte) ? byte & ~0x20 : byte }

    /// The white space of RFC 8259 §2.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == space || byte == tab || byte == newline || byte == carriageReturn
    }
}

/// A set of bytes, looked into without a branch.
struct ByteSet: Sendable {
    private var bits = SIMD4<UInt64>()

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool { bits[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }
}

/// Memory that grows once and is written again for every record.
struct ByteBuffer: ~Copyable {
    /// How many bytes have been written.
    private(set) var count = 0
    private var capacity: Int
    private var memory: UnsafeMutableRawPointer

    /// - Parameter capacity: bytes to begin with.
    init(capacity: Int = 512) {
        self.capacity = max(capacity, 64)
        memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { memory.deallocate() }

    /// What has been written; valid until the next write.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Takes back everything written and keeps the memory.
    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Writes a copy of `bytes`.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (memory + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Writes a copy of `bytes`.
    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Makes room for `additional` bytes and lends it; `body` returns how many it wrote.
    @inline(__always)
    mutating func write(upTo additional: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        reserve(additional)
        count += body(memory + count)
    }

    /// Changes what was written in place; `body` returns how many bytes of it remain.
    mutating func rewrite(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
        count = body(UnsafeMutableRawBufferPointer(start: memory, count: count))
    }

    @inline(__always)
    private mutating func reserve(_ additional: Int) {
        if count + additional > capacity { grow(to: count + additional) }
    }

    @inline(never)
    private mutating func grow(to needed: Int) {
        capacity = max(needed, capacity * 2)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = larger
    }
}

extension UnsafeRawBufferPointer {
    /// Offset of the first `byte` in `range`, by the C library's vector code.
    func firstOffset(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty,
            let found = memchr(base + range.lowerBound, Int32(byte), range.count)
        else { return nil }
        return found - UnsafeMutableRawPointer(mutating: base)
    }

    /// How many `byte` there are in `range`.
    func count(of byte: UInt8, in range: Range<Int>) -> Int {
        var count = 0
        var rest = range
        while let found = firstOffset(of: byte, in: rest) {
            count += 1
            rest = found + 1..<rest.upperBound
        }
        return count
    }

    /// The bytes of `range`, not copied.
    func portion(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}

/// Eight bytes looked at as one number, without a branch for each. All results have the top bit set of every byte that
/// matches and nothing else.
enum WordScan {
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private static let rests: UInt64 = 0x7F7F_7F7F_7F7F_7F7F

    /// The eight bytes at `offset`, the first of them the lowest.
    @inline(__always)
    static func word(of bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// A word of eight times `byte`.
    @inline(__always)
    static func repeated(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// The bytes of `word` equal to those of `pattern`.
    @inline(__always)
    static func matches(of pattern: UInt64, in word: UInt64) -> UInt64 {
        let difference = word ^ pattern
        return ~(((difference & rests) &+ rests) | difference) & tops
    }

    /// The control characters below U+0020.
    @inline(__always)
    static func controls(in word: UInt64) -> UInt64 {
        ~(((word & rests) &+ 0x6060_6060_6060_6060) | word) & tops
    }

    /// The control character U+007F.
    @inline(__always)
    static func deletes(in word: UInt64) -> UInt64 { matches(of: 0x7F7F_7F7F_7F7F_7F7F, in: word) }

    /// The bytes of characters beyond ASCII.
    @inline(__always)
    static func beyondASCII(in word: UInt64) -> UInt64 { word & tops }

    /// Which byte of the word matches first.
    @inline(__always)
    static func firstMatch(in matches: UInt64) -> Int { matches.trailingZeroBitCount >> 3 }
}
