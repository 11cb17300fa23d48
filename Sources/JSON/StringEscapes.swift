import Basics

/// The escapes of RFC 8259 §7.
enum StringEscapes {
    /// The bytes that `content` (between the quotes) stands for.
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

    private static func appendEscape(from rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
        guard let letter = rest.popFirst() else { return }
        if let byte = byte(forLetter: letter) {
            result.append(byte)
        } else if let unit = unit(in: rest) {
            rest = rest.dropFirst(4)
            append(unit, followedBy: &rest, to: &result)
        }
    }

    /// The UTF-16 code unit of the first four hexadecimal digits; nil when they are not all digits.
    static func unit(in rest: ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4 else { return nil }
        var unit: UInt32 = 0
        for byte in rest.prefix(4) {
            guard let digit = Hexadecimal.value(of: byte) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends the character that a `\u` escape stands for, together with the next escape when the two form a surrogate
    /// pair; a lone surrogate becomes U+FFFD.
    static func append(_ unit: UInt32, followedBy rest: inout ArraySlice<UInt8>, to result: inout [UInt8]) {
        var code = unit
        if (0xD800..<0xDC00).contains(unit), rest.starts(with: "\\u".utf8), let low = self.unit(in: rest.dropFirst(2)),
            (0xDC00..<0xE000).contains(low)
        {
            rest = rest.dropFirst(6)
            code = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        let scalar = Unicode.Scalar(code)
        result.append(contentsOf: scalar.flatMap(UTF8.encode) ?? UTF8.encodedReplacementCharacter)
    }
}
