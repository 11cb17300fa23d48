import OpenSSL

/// A token whose outside keeps every rule that needs no key.
struct DecodedToken {
    let cipher: ContentCipher
    /// The decoded segments after the header, one after another.
    private let bytes: [UInt8]
    private let encryptedKey: Range<Int>
    private let nonce: Range<Int>
    private let ciphertext: Range<Int>
    private let tag: Range<Int>

    init(_ token: CompactToken) throws {
        cipher = try JWEHeader(token).acceptedCipher()
        var arena = SegmentArena(for: token)
        encryptedKey = try arena.append(token.encryptedKey, "encrypted key")
        nonce = try arena.append(token.nonce, "initialization vector")
        ciphertext = try arena.append(token.ciphertext, "ciphertext")
        tag = try arena.append(token.tag, "tag")
        bytes = arena.bytes
        guard cipher.takesNonce(ofByteCount: nonce.count) else {
            throw JWEError.malformed("its initialization vector must have 12 or 16 bytes, with CBC 16")
        }
        guard tag.count == ContentCipher.tagByteCount else { throw JWEError.malformed("its tag must have 16 bytes") }
    }

    /// A key that does not unwrap is replaced by a random one, which then fails like a wrong tag, as RFC 7516 §11.5
    /// asks: nothing here that depends on the key ends early.
    func open(with key: PrivateKey, header: UnsafeRawBufferPointer) throws -> [UInt8] {
        try bytes.withUnsafeBytes { bytes in
            func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            return try SecretBuffer.withBytes(cipher.keyByteCount) { contentKey in
                try key.unwrapOAEPSHA256(part(encryptedKey), into: contentKey)
                return try cipher.open(
                    part(ciphertext), tag: part(tag), key: UnsafeRawBufferPointer(contentKey), nonce: part(nonce),
                    additionalData: header)
            }
        }
    }
}
