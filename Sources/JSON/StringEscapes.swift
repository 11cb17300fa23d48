/// The escapes of RFC 8259 §7, read from text the parser has found valid.
enum StringEscapes {
    /// The bytes `content` (between the quotes) stands for.
    static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                appendEscape(from: &rest, to: &result)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// The byte a one-letter escape stands for; nil for `u` and for letters that are no escape.
    static func byte(forLetter letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The value of a hexadecimal digit in either case.
    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func appendEscape(from rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
        guard let letter = rest.popFirst() else { return }
        if let byte = byte(forLetter: letter) {
            result.append(byte)
            return
        }
        var code = popUnit(from: &rest)
        if (0xD800..<0xDC00).contains(code) {
            rest = rest.dropFirst(2)
            code = 0x10000 + (code - 0xD800) << 10 + (popUnit(from: &rest) - 0xDC00)
        }
        if let scalar = Unicode.Scalar(code) {
            result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private static func popUnit(from rest: inout ArraySlice<UInt8>) -> UInt32 {
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        return digits.reduce(0) { $0 << 4 | (hexValue($1) ?? 0) }
    }
}
