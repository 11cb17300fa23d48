import Basics

extension JSONParser {
    /// Parses the string whose opening quote is here (RFC 8259 §7).
    mutating func parseString() throws(JSONError) {
        let start = position
        var isEscaped = false
        position += 1
        while true {
            skipPlainASCII()
            guard position < bytes.count else { throw error("a string must be closed") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return append(.string, from: start, to: position, isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape()
            case 0..<0x20:
                throw error("control characters in a string must be escaped")
            default:
                try skipMultibyteCharacter()
            }
        }
    }

    private mutating func skipPlainASCII() {
        var here = position
        while here < bytes.count {
            let byte = bytes[here]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            here += 1
        }
        position = here
    }

    private mutating func skipEscape() throws(JSONError) {
        let start = position
        guard position + 1 < bytes.count else { throw error("a string must be closed", at: bytes.count) }
        let letter = bytes[position + 1]
        position += 2
        if StringEscapes.byte(forLetter: letter) != nil { return }
        guard letter == UInt8(ascii: "u") else { throw error("an escape must be one of RFC 8259 §7", at: start) }
        let unit = try hexUnit()
        guard (0xD800..<0xE000).contains(unit) else { return }
        // RFC 8259 §8.2 leaves lone surrogates open; they have no UTF-8 form, so they are refused.
        guard unit < 0xDC00, try lowSurrogateFollows() else {
            throw error("a surrogate escape must be one of a pair, high before low", at: start)
        }
    }

    private mutating func lowSurrogateFollows() throws(JSONError) -> Bool {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return false }
        position += 2
        return (0xDC00..<0xE000).contains(try hexUnit())
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Hexadecimal.value(of: bytes[position]) else {
                throw error("\\u must be followed by four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    /// Skips one character of two to four bytes (Unicode Standard, table 3-7: well-formed UTF-8 byte sequences).
    private mutating func skipMultibyteCharacter() throws(JSONError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw error("text must be valid UTF-8")
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
            throw error("text must be valid UTF-8")
        }
        for offset in 2..<length where bytes[position + offset] & 0xC0 != 0x80 {
            throw error("text must be valid UTF-8")
        }
        position += length
    }
}

/// Finds the bytes a string must escape (RFC 8259 §7), eight at a time: most values have none.
enum EscapeSearch {
    /// Offset of the first byte at or after `start` that needs an escape; the length where none does.
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
