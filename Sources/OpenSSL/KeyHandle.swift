import COpenSSL

/// The owner of an `EVP_PKEY`, public or private.
///
/// `@unchecked Sendable`: the key is never changed once it is here, and an `EVP_PKEY` that is only read may be used by
/// several threads (man 7 openssl-threads).
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(takingOwnership pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    var kind: KeyKind { KeyKind(of: pointer) }

    /// The size of an RSA modulus or of a curve's field, in bits.
    var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

    /// The strength of 2048 bits of RSA is 112 bits (NIST SP 800-57 part 1, table 2); the common curves have 128.
    var isStrongEnough: Bool {
        kind == .rsa || kind == .rsaPSS ? bits >= 2048 : EVP_PKEY_get_security_bits(pointer) >= 112
    }

    /// The DER SubjectPublicKeyInfo of the key or of a private key's public half.
    func subjectPublicKeyInfo() throws -> [UInt8] {
        try DER.encode { i2d_PUBKEY(pointer, $0) }
    }
}
