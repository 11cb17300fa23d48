import COpenSSL

package final class PublicKey: Sendable {
    /// What the key can be used for.
    package let kind: KeyKind
    /// The size of an RSA modulus, or of a curve's field, in bits.
    package let bits: Int
    /// The DER SubjectPublicKeyInfo (RFC 5280 §4.1).
    package let subjectPublicKeyInfo: [UInt8]
    /// The lower-case hexadecimal SHA-256 of ``subjectPublicKeyInfo``: what Mastercard uses as `kid`.
    package let fingerprint: String

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
    /// - Throws: ``OpenSSLError`` that says what the file holds instead.
    package static func load(_ bytes: [UInt8], name: String) throws -> PublicKey {
        try KeyFile(bytes, password: nil, name: name).encryptionKey(name: name)
    }

    /// The key as PEM, `BEGIN PUBLIC KEY`.
    ///
    /// - Returns: ASCII, with a line feed at the end.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func pem() throws -> [UInt8] {
        try MemoryBuffer.collect { PEM_write_bio_PUBKEY($0, handle.pointer) }
    }
}

extension PublicKey {
    /// The length of everything this key encrypts, in bytes.
    package var byteCount: Int { (bits + 7) / 8 }

    /// Encrypts with RSA-OAEP, SHA-256, MGF1-SHA-256 and an empty label (RFC 7518 §4.3, RSA-OAEP-256).
    ///
    /// - Parameter message: At most ``byteCount`` − 66 bytes.
    /// - Returns: ``byteCount`` bytes.
    /// - Throws: ``OpenSSLError`` when the message is too long, the key is not RSA, or OpenSSL fails.
    package func encryptOAEPSHA256(_ message: [UInt8]) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount)
            try message.withUnsafeBytes { try encryptOAEPSHA256($0, into: out) }
            filled = byteCount
        }
    }

    /// Encrypts like ``encryptOAEPSHA256(_:)``, into a buffer.
    ///
    /// - Parameters:
    ///   - message: At most ``byteCount`` − 66 bytes.
    ///   - out: Exactly ``byteCount`` bytes.
    /// - Throws: ``OpenSSLError`` when a length is wrong, the key is not RSA, or OpenSSL fails.
    package func encryptOAEPSHA256(_ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        try requireRSA(kind)
        guard out.count == byteCount, message.count <= byteCount - 66 else {
            throw OpenSSLError.wrongSize("The message or the buffer does not fit the RSA key")
        }
        try encrypters.withContext { context in
            var count = out.count
            let written = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let input = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
            try require(EVP_PKEY_encrypt(context, written, &count, input, message.count), "encrypt with RSA")
        }
    }
}

/// Only a plain RSA key encrypts; EC and RSA-PSS keys sign.
func requireRSA(_ kind: KeyKind) throws {
    guard kind == .rsa else {
        throw OpenSSLError.refused(
            .wrongKind, "A key of the kind \(kind) signs and cannot encrypt; an RSA key of at least 2048 bits is wanted"
        )
    }
}
