import COpenSSL

/// A public key.
public final class PublicKey: Sendable {
    /// What the key can be used for.
    public let kind: KeyKind
    /// The size of an RSA modulus, or of a curve's field, in bits.
    public let bits: Int
    /// The DER SubjectPublicKeyInfo (RFC 5280 §4.1).
    public let subjectPublicKeyInfo: [UInt8]
    /// The lower-case hexadecimal SHA-256 of ``subjectPublicKeyInfo``: what Mastercard names as `kid`.
    public let fingerprint: String

    let handle: KeyHandle
    let encrypters: KeyContextPool

    init(_ handle: KeyHandle) throws {
        self.handle = handle
        kind = handle.kind
        bits = handle.bits
        subjectPublicKeyInfo = try handle.subjectPublicKeyInfo()
        fingerprint = try SHA256.hex(subjectPublicKeyInfo)
        encrypters = KeyContextPool(handle, for: .encrypt)
    }

    /// Reads the key that requests are encrypted to.
    ///
    /// - Parameters:
    ///   - bytes: PEM or DER: a public key (SubjectPublicKeyInfo or PKCS#1) or a certificate; of a chain the first.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: An RSA key of at least 2048 bits.
    /// - Throws: ``OpenSSLError`` that says what the file is instead.
    public static func load(_ bytes: [UInt8], name: String) throws -> PublicKey {
        try KeyFile(bytes, password: nil, name: name).encryptionKey(name: name)
    }

    /// The key as PEM, `BEGIN PUBLIC KEY`.
    ///
    /// - Returns: ASCII, with a line feed at the end.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public func pem() throws -> [UInt8] {
        try MemoryBuffer.collect { PEM_write_bio_PUBKEY($0, handle.pointer) }
    }
}
