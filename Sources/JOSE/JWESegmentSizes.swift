/// The length of each part of a token, in bytes once decoded.
public struct JWESegmentSizes: Sendable, Equatable {
    /// The encrypted content key; as long as the RSA modulus it was made with.
    public let encryptedKey: Int
    /// The initialization vector.
    public let initializationVector: Int
    /// The ciphertext; with GCM as long as the plaintext.
    public let ciphertext: Int
    /// The authentication tag.
    public let tag: Int

    init(_ token: CompactToken) {
        encryptedKey = Base64URL.decodedCount(token.encryptedKey.count)
        initializationVector = Base64URL.decodedCount(token.nonce.count)
        ciphertext = Base64URL.decodedCount(token.ciphertext.count)
        tag = Base64URL.decodedCount(token.tag.count)
    }
}
