public import OpenSSL

/// Opens tokens encrypted to one private key: RSA-OAEP-256 with A256GCM, A192GCM, A128GCM or A128CBC-HS256.
///
/// A token's `kid` is neither wanted nor compared: the key is the one that was configured.
public struct JWEDecrypter: Sendable {
    private let key: PrivateKey

    /// Takes the key.
    ///
    /// - Parameter privateKey: An RSA key.
    public init(privateKey: PrivateKey) {
        key = privateKey
    }

    /// Opens a token (RFC 7516 §5.2).
    ///
    /// - Parameter token: A compact JWE, ASCII.
    /// - Returns: The plaintext, byte for byte.
    /// - Throws: ``JWEError``; whatever depends on the key is ``JWEError/undecryptable``. `OpenSSLError` only when the
    ///   key is not RSA or OpenSSL is in trouble.
    public func decrypt(_ token: [UInt8]) throws -> [UInt8] {
        try token.withUnsafeBytes { bytes in
            let token = try CompactToken(bytes)
            let decoded = try DecodedToken(token)
            do {
                return try decoded.open(with: key, header: token.header)
            } catch let error as OpenSSLError where error.code == .notAuthentic {
                throw JWEError.undecryptable
            }
        }
    }
}
