/// Room for a token's decoded segments, taken in one piece.
struct SegmentArena {
    private(set) var bytes: [UInt8]
    private var end = 0

    init(for token: CompactToken) {
        let segments = [token.encryptedKey, token.nonce, token.ciphertext, token.tag]
        let count = segments.reduce(0) { $0 + Base64URL.decodedCount($1.count) }
        bytes = [UInt8](repeating: 0, count: count)
    }

    /// Decodes a segment behind the last one and says where it lies.
    mutating func append(_ segment: UnsafeRawBufferPointer, _ name: StaticString) throws -> Range<Int> {
        let start = end
        let count = bytes.withUnsafeMutableBytes { bytes in
            Base64URL.decode(segment, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
        guard let count else { throw JWEError.malformed("its \(name) must be base64url without padding") }
        end += count
        return start..<end
    }
}
