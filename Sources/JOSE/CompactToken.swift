/// The five segments of a compact JWE (RFC 7516 §7.1) as they stand in the token.
struct CompactToken {
    /// The protected header; as received it is also the additional data (RFC 7516 §5.2 step 15).
    let header: UnsafeRawBufferPointer
    let encryptedKey: UnsafeRawBufferPointer
    let nonce: UnsafeRawBufferPointer
    let ciphertext: UnsafeRawBufferPointer
    let tag: UnsafeRawBufferPointer

    /// The header is read before anything is authenticated, so its size is bounded; in characters.
    static let longestHeader = 4096

    init(_ token: UnsafeRawBufferPointer) throws {
        var segments: [UnsafeRawBufferPointer] = []
        segments.reserveCapacity(6)
        var start = 0
        while segments.count < 5, let end = Self.firstDot(in: token, from: start) {
            segments.append(UnsafeRawBufferPointer(rebasing: token[start..<end]))
            start = end + 1
        }
        segments.append(UnsafeRawBufferPointer(rebasing: token[start...]))
        guard segments.count == 5 else { throw JWEError.malformed("it must have five parts, separated by dots") }
        guard segments[0].count <= Self.longestHeader else {
            throw JWEError.malformed("its header must not be longer than \(Self.longestHeader) characters")
        }
        (header, encryptedKey, nonce) = (segments[0], segments[1], segments[2])
        (ciphertext, tag) = (segments[3], segments[4])
    }

    private static func firstDot(in token: UnsafeRawBufferPointer, from start: Int) -> Int? {
        token[start...].firstIndex(of: UInt8(ascii: "."))
    }
}
