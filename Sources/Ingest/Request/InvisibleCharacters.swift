/// White space and characters that cannot be seen, in well-formed UTF-8. At the ends of a value they make another value
/// of it that looks the same; inside an id they do so, too.
package enum InvisibleCharacters {
    /// Whether a byte is a graphic character of ASCII, with which nearly every value begins and ends.
    @inline(__always)
    static func isGraphic(_ byte: UInt8) -> Bool { byte &- 0x21 < 0x5E }

    /// The part of `range` without white space and invisible characters at either end.
    ///
    /// - Parameters:
    ///   - range: offsets of the text.
    ///   - bytes: the memory it stands in.
    /// - Returns: offsets of what is left; empty where nothing is.
    @inline(__always)
    static func trimmed(_ range: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Range<Int> {
        guard !range.isEmpty, !(isGraphic(bytes[range.lowerBound]) && isGraphic(bytes[range.upperBound - 1])) else {
            return range
        }
        return trimmedSlowly(range, of: bytes)
    }

    /// The text without white space and invisible characters at either end, not copied.
    static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        text.portion(trimmed(0..<text.count, of: text))
    }

    /// The same for a name or a word.
    package static func trimmed(_ text: String) -> String {
        var text = text
        return text.withUTF8 { String(decoding: trimmed(UnsafeRawBufferPointer($0)), as: UTF8.self) }
    }

    /// The first control or invisible character of a text: one that is no white space, but for tabs, line ends and the
    /// other controls. Nil where there is none.
    @inline(__always)
    static func firstHidden(in text: UnsafeRawBufferPointer) -> Unicode.Scalar? {
        isPlainASCII(text) ? nil : firstHiddenSlowly(in: text)
    }

    /// How a message names a character that cannot be seen: `U+200B`.
    static func name(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension InvisibleCharacters {
    @inline(never)
    private static func trimmedSlowly(_ range: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, let scalar = scalar(at: start, before: end, of: bytes), isInvisible(scalar.value) {
            start += scalar.length
        }
        while start < end {
            var first = end - 1
            while first > start, end - first < 4, bytes[first] & 0xC0 == 0x80 { first -= 1 }
            guard let scalar = scalar(at: first, before: end, of: bytes), first + scalar.length == end,
                isInvisible(scalar.value)
            else { break }
            end = first
        }
        return start..<end
    }

    @inline(never)
    private static func firstHiddenSlowly(in text: UnsafeRawBufferPointer) -> Unicode.Scalar? {
        var here = 0
        while here < text.count, let scalar = scalar(at: here, before: text.count, of: text) {
            if isHidden(scalar.value) { return Unicode.Scalar(scalar.value) }
            here += scalar.length
        }
        return nil
    }

    /// The characters removed from the ends of a value: Unicode's `White_Space`, the controls (Cc),
    /// `Default_Ignorable_Code_Point` (soft hyphen, zero-width space and joiners, marks and isolates of direction, byte
    /// order mark, fillers, variation selectors, tags), annotation marks and the blank Braille pattern.
    private static func isInvisible(_ value: UInt32) -> Bool {
        switch value {
        case 0x00...0x20, 0x7F...0xA0, 0xAD, 0x034F, 0x061C, 0x115F...0x1160, 0x1680, 0x17B4...0x17B5,
            0x180B...0x180F, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0x2800, 0x3000, 0x3164,
            0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF:
            true
        default: false
        }
    }

    private static func isHidden(_ value: UInt32) -> Bool {
        switch value {
        case 0x20, 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: false
        default: isInvisible(value)
        }
    }

    /// One character and its bytes; nil where the bytes are no well-formed UTF-8, which no file that was taken in holds.
    private static func scalar(
        at start: Int, before end: Int, of bytes: UnsafeRawBufferPointer
    ) -> (value: UInt32, length: Int)? {
        let first = bytes[start]
        let length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 0, start + length <= end else { return nil }
        if length == 1 { return (UInt32(first), 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[start + offset] & 0x3F) }
        return (value, length)
    }

    /// Whether all bytes are ASCII and none of them a control, eight at a time.
    @inline(__always)
    private static func isPlainASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 8 else { return text.allSatisfy { $0 &- 0x20 < 0x5F } }
        // The last word overlaps the one before it where the length is no multiple of eight.
        let last = text.count - 8
        var here = 0
        while true {
            let word = WordScan.word(of: text, at: here)
            if WordScan.controls(in: word) | WordScan.deletes(in: word) | WordScan.beyondASCII(in: word) != 0 {
                return false
            }
            if here == last { return true }
            here = min(here + 8, last)
        }
    }
}
