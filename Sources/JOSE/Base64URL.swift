/// Base64url without padding (RFC 4648 §5, RFC 7515 §2), written one way only and read strictly.
public enum Base64URL {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// How many characters bytes become.
    ///
    /// - Parameter byteCount: The number of bytes.
    /// - Returns: The number of characters.
    public static func encodedCount(_ byteCount: Int) -> Int {
        (byteCount * 4 + 2) / 3
    }

    /// Writes bytes as base64url.
    ///
    /// - Parameter bytes: What to write.
    /// - Returns: ASCII.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let count = encodedCount(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            filled = bytes.withUnsafeBytes { encode($0, into: out) }
        }
    }

    /// Writes bytes as base64url where the caller wants it.
    ///
    /// - Parameters:
    ///   - bytes: What to write.
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
