import COpenSSL

/// A key that signs with Ed25519 (RFC 8032 §5.1), whose signatures anybody can verify with the public key, such as with
/// `openssl pkeyutl -verify`.
package final class SigningKey: Sendable {
    /// The length of a key's seed, and of its public key, in bytes.
    package static let seedByteCount = 32
    /// The length of a signature in bytes.
    package static let signatureByteCount = 64

    private let handle: KeyHandle

    /// Makes the key of a seed.
    ///
    /// - Parameter seed: 32 random bytes (RFC 8032 §5.1.5). They are a secret.
    /// - Throws: ``OpenSSLError`` when there are not as many, or OpenSSL fails.
    package init(seed: [UInt8]) throws {
        guard seed.count == Self.seedByteCount else {
            throw OpenSSLError.wrongSize("An Ed25519 key is made of 32 bytes")
        }
        let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
        handle = KeyHandle(takingOwnership: try require(key, "make an Ed25519 key"))
    }

    /// Signs a message.
    ///
    /// - Parameter message: Any number of bytes.
    /// - Returns: 64 bytes; the same for the same message.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        let context = try SignatureContext()
        try require(
            EVP_DigestSignInit_ex(context.pointer, nil, nil, nil, nil, handle.pointer, nil),
            "start an Ed25519 signature")
        return try [UInt8](unsafeUninitializedCapacity: Self.signatureByteCount) { buffer, filled in
            var count = Self.signatureByteCount
            try require(
                EVP_DigestSign(context.pointer, buffer.baseAddress, &count, message, message.count),
                "sign with Ed25519")
            filled = count
        }
    }

    /// The public key as PEM, `BEGIN PUBLIC KEY`.
    ///
    /// - Returns: ASCII, with a line feed at the end.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func publicKeyPEM() throws -> [UInt8] {
        try MemoryBuffer.collect { PEM_write_bio_PUBKEY($0, handle.pointer) }
    }
}

/// The owner of an `EVP_MD_CTX` that signs one message.
private struct SignatureContext: ~Copyable {
    let pointer: OpaquePointer

    init() throws {
        pointer = try require(EVP_MD_CTX_new(), "make a signature context")
    }

    deinit { EVP_MD_CTX_free(pointer) }
}
