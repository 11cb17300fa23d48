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
