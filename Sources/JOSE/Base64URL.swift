/// Base64url without padding (RFC 4648 §5, RFC 7515 §2), with one canonical form and strict decoding.
public enum Base64URL {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// The encoded length of a number of bytes.
    ///
    /// - Parameter byteCount: The number of bytes.
    /// - Returns: The number of characters.
    public static func encodedCount(_ byteCount: Int) -> Int {
        (byteCount * 4 + 2) / 3
    }

    /// Encodes bytes as base64url.
    ///
    /// - Parameter bytes: What to encode.
    /// - Returns: ASCII.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let count = encodedCount(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            filled = bytes.withUnsafeBytes { encode($0, into: out) }
        }
    }

    /// Encodes bytes as base64url into a buffer.
    ///
    /// - Parameters:
    ///   - bytes: What to encode.
    ///   - out: At least ``encodedCount(_:)`` bytes.
    /// - Returns: How many characters were written.
    @discardableResult
    public static func encode(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Int {
        let letters = alphabet.utf8Start
        precondition(out.count >= encodedCount(bytes.count), "the buffer is too short")
        var (position, index) = (0, 0)
        while index + 3 <= bytes.count {
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            out[position] = letters[group >> 18]
            out[position + 1] = letters[group >> 12 & 63]
            out[position + 2] = letters[group >> 6 & 63]
            out[position + 3] = letters[group & 63]
            (position, index) = (position + 4, index + 3)
        }
        guard index < bytes.count else { return position }
        let second = index + 1 < bytes.count ? Int(bytes[index + 1]) : 0
        let group = Int(bytes[index]) << 16 | second << 8
        out[position] = letters[group >> 18]
        out[position + 1] = letters[group >> 12 & 63]
        guard index + 1 < bytes.count else { return position + 2 }
        out[position + 2] = letters[group >> 6 & 63]
        return position + 3
    }
}

extension Base64URL {
    /// The value of each character; 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// Decodes base64url strictly.
    ///
    /// - Parameter text: ASCII; may be empty.
    /// - Returns: The bytes; nil when there is padding, white space or any other foreign character, when the length is
    ///   impossible, or when the last character has bits set that mean nothing (RFC 4648 §3.5).
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { decode($0) }
    }

    /// Decodes base64url strictly from a buffer, like ``decode(_:)-([UInt8])``.
    ///
    /// - Parameter text: ASCII; may be empty.
    /// - Returns: The bytes, or nil.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var valid = false
        let count = decodedCount(text.count)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            valid = decode(text, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)) != nil
            filled = valid ? count : 0
        }
        return valid ? bytes : nil
    }

    /// The decoded length of a number of characters.
    ///
    /// - Parameter characterCount: The number of characters.
    /// - Returns: The number of bytes; for an impossible length the nearest below.
    public static func decodedCount(_ characterCount: Int) -> Int {
        characterCount / 4 * 3 + characterCount % 4 * 3 / 4
    }

    /// Decodes base64url strictly, like ``decode(_:)-([UInt8])``, into a buffer.
    ///
    /// - Parameters:
    ///   - text: ASCII; may be empty.
    ///   - out: At least ``decodedCount(_:)`` bytes; written even when the text is refused.
    /// - Returns: How many bytes were written, or nil.
    public static func decode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Int? {
        let count = decodedCount(text.count)
        precondition(out.count >= count, "the buffer is too short")
        guard text.count % 4 != 1, values.withUnsafeBufferPointer({ decode(text, into: out, $0) }) else { return nil }
        return count
    }

    private static func decode(
        _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer, _ values: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var seen: UInt8 = 0
        var (position, index) = (0, 0)
        while index + 4 <= text.count {
            let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
            let (c, d) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
            seen |= a | b | c | d
            out[position] = a << 2 | b >> 4
            out[position + 1] = b << 4 | c >> 2
            out[position + 2] = c << 6 | d
            (position, index) = (position + 3, index + 4)
        }
        guard index < text.count else { return seen < 64 }
        let (a, b) = (values[Int(text[index])], values[Int(text[index + 1])])
        let c = index + 2 < text.count ? values[Int(text[index + 2])] : 0
        out[position] = a << 2 | b >> 4
        guard index + 2 < text.count else { return seen | a | b < 64 && b & 15 == 0 }
        out[position + 1] = b << 4 | c >> 2
        return seen | a | b | c < 64 && c & 3 == 0
    }
}
