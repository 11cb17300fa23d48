import COpenSSL

/// A private key for tests, of any kind and size, weak ones included.
///
/// `@unchecked Sendable`: the key is never changed once it is made, and several threads may read an `EVP_PKEY`
/// (man 7 openssl-threads).
package final class MadeKey: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// A new RSA key.
    ///
    /// - Parameter bits: The size of its modulus.
    /// - Returns: The key.
    /// - Throws: What OpenSSL refuses.
    package static func rsa(bits: Int32 = 2048) throws -> MadeKey {
        try generated("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, bits) }
    }

    /// A new key on the curve P-256.
    package static func ellipticCurve() throws -> MadeKey {
        try generated("EC") { EVP_PKEY_CTX_set_group_name($0, "P-256") }
    }

    private static func generated(_ kind: String, _ configure: (OpaquePointer) -> Int32) throws -> MadeKey {
        let context = try made(EVP_PKEY_CTX_new_from_name(nil, kind, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try done(EVP_PKEY_keygen_init(context))
        try done(configure(context))
        var key: OpaquePointer?
        try done(EVP_PKEY_generate(context, &key))
        return MadeKey(try made(key))
    }
}

extension MadeKey {
    /// PKCS#8 as PEM; encrypted where there is a password.
    package func pem(password: String? = nil) throws -> [UInt8] {
        try written { target in
            guard let password else { return PEM_write_bio_PKCS8PrivateKey(target, pointer, nil, nil, 0, nil, nil) }
            return PEM_write_bio_PKCS8PrivateKey(
                target, pointer, EVP_aes_256_cbc(), password, Int32(password.utf8.count), nil, nil)
        }
    }

    /// The traditional DER form: PKCS#1 for RSA.
    package func der() throws -> [UInt8] { try encoded { i2d_PrivateKey(pointer, $0) } }

    /// The public half as PEM.
    package func publicPEM() throws -> [UInt8] { try written { PEM_write_bio_PUBKEY($0, pointer) } }

    /// The public half as DER SubjectPublicKeyInfo.
    package func publicDER() throws -> [UInt8] { try encoded { i2d_PUBKEY(pointer, $0) } }

    /// A certificate request for it, as PEM or DER.
    package func request(commonName: String, der: Bool = false) throws -> [UInt8] {
        let request = try made(X509_REQ_new())
        defer { X509_REQ_free(request) }
        let name = X509_REQ_get_subject_name(request)
        try done(X509_NAME_add_entry_by_NID(name, NID_commonName, Int32(MBSTRING_UTF8), commonName, -1, -1, 0))
        try done(X509_REQ_set_pubkey(request, pointer))
        try done(X509_REQ_sign(request, pointer, EVP_sha256()))
        return der ? try encoded { i2d_X509_REQ(request, $0) } : try written { PEM_write_bio_X509_REQ($0, request) }
    }
}

/// OpenSSL refused what a test asked of it.
package struct OpenSSLRefusal: Error {
    /// Its code, by which `openssl errstr` names it.
    package let code: UInt
}

func done(_ result: Int32) throws {
    guard result > 0 else { throw OpenSSLRefusal(code: ERR_get_error()) }
}

func made<Pointer>(_ pointer: Pointer?) throws -> Pointer {
    guard let pointer else { throw OpenSSLRefusal(code: ERR_get_error()) }
    return pointer
}

/// What a `PEM_write_bio_` function writes.
func written(_ write: (OpaquePointer) -> Int32) throws -> [UInt8] {
    let target = try made(BIO_new(BIO_s_mem()))
    defer { BIO_free(target) }
    try done(write(target))
    var start: UnsafeMutablePointer<CChar>?
    let count = COpenSSL_BIO_get_mem_data(target, &start)
    return Array(UnsafeRawBufferPointer(start: start, count: count))
}

/// What an `i2d_` function writes.
func encoded(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32) throws -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = write(&start)
    try done(count)
    defer { CRYPTO_free(start, #fileID, #line) }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
}
