import COpenSSL

/// A private key with its public half.
public final class PrivateKey: Sendable {
    /// What the key can be used for.
    public let kind: KeyKind
    /// The size of an RSA modulus, or of a curve's field, in bits.
    public let bits: Int
    /// The other half.
    public let publicKey: PublicKey

    let handle: KeyHandle
    let decrypters: KeyContextPool
    /// An RSA key's modulus, big-endian, without leading zeros; empty for other kinds.
    let modulus: [UInt8]

    init(_ handle: KeyHandle) throws {
        self.handle = handle
        kind = handle.kind
        bits = handle.bits
        publicKey = try PublicKey(handle.publicHalf())
        decrypters = KeyContextPool(handle, for: .decrypt)
        modulus = handle.kind == .rsa ? try handle.modulus() : []
    }

    /// Reads the key that opens answers.
    ///
    /// - Parameters:
    ///   - bytes: PEM (PKCS#1, PKCS#8, either of them encrypted), DER, or PKCS#12, RC2-40 of older exporters included.
    ///   - password: What opens it; nil where there is none. It is never asked for on a terminal.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: An RSA key of at least 2048 bits.
    /// - Throws: ``OpenSSLError`` that says what the file is instead, or that the password is missing or wrong.
    public static func load(_ bytes: [UInt8], password: String?, name: String) throws -> PrivateKey {
        try KeyFile(bytes, password: password, name: name).decryptionKey(name: name)
    }

    /// Makes a new RSA key.
    ///
    /// - Parameter bits: At least 2048.
    /// - Returns: The key.
    /// - Throws: ``OpenSSLError`` when the size is refused or OpenSSL fails.
    public static func generate(bits: Int) throws -> PrivateKey {
        guard (2048...16384).contains(bits) else {
            throw OpenSSLError.refused(.tooWeak, "RSA keys of 2048 to 16384 bits are made here; choose one of these")
        }
        let key = try require(COpenSSL_EVP_RSA_gen(bits), "make an RSA key")
        return try PrivateKey(KeyHandle(takingOwnership: key))
    }

    /// The key as unencrypted PEM, PKCS#8, `BEGIN PRIVATE KEY`.
    ///
    /// - Returns: ASCII, with a line feed at the end. It is a secret.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public func pem() throws -> [UInt8] {
        try MemoryBuffer.collect { PEM_write_bio_PKCS8PrivateKey($0, handle.pointer, nil, nil, 0, nil, nil) }
    }
}
