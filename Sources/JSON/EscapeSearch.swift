/// Finds the bytes a string must escape (RFC 8259 §7), eight at a time: most values have none.
enum EscapeSearch {
    /// Offset of the first byte at or behind `start` that needs an escape; the length where none does.
    static func firstByteToEscape(in text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var here = start
        while here + 8 <= text.count, !mayNeedEscape(text.loadUnaligned(fromByteOffset: here, as: UInt64.self)) {
            here += 8
        }
        while here < text.count, !needsEscape(text[here]) {
            here += 1
        }
        return here
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Whether one of eight bytes may need an escape; never false where one does.
    private static func mayNeedEscape(_ eight: UInt64) -> Bool {
        let quote = eight ^ (eachByte &* UInt64(UInt8(ascii: "\"")))
        let backslash = eight ^ (eachByte &* UInt64(UInt8(ascii: "\\")))
        let below = borrows(eight, 0x20) | borrows(quote, 1) | borrows(backslash, 1)
        return below != 0
    }

    /// Sets the high bit of each byte that is less than `limit`, and at worst of some above such a byte.
    private static func borrows(_ eight: UInt64, _ limit: UInt64) -> UInt64 {
        (eight &- eachByte &* limit) & ~eight & (eachByte &* 0x80)
    }

    private static let eachByte: UInt64 = 0x0101_0101_0101_0101
}
