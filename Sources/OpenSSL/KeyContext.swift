import COpenSSL

/// An `EVP_PKEY_CTX` set up for RSA-OAEP with SHA-256, MGF1-SHA-256 and an empty label (RFC 7518 §4.3, RSA-OAEP-256).
///
/// `@unchecked Sendable`: a context is used by one caller at a time, because ``KeyContextPool`` lends it to one only.
final class KeyContext: @unchecked Sendable {
    /// What the context is set up to do.
    enum Operation: Sendable { case encrypt, decrypt }

    let pointer: OpaquePointer

    init(_ key: KeyHandle, for operation: Operation) throws {
        pointer = try require(EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil), "make a key context")
        switch operation {
        case .encrypt: try require(EVP_PKEY_encrypt_init(pointer), "start RSA encryption")
        case .decrypt: try require(EVP_PKEY_decrypt_init(pointer), "start RSA decryption")
        }
        let digest = try FetchedDigest.sha256.get().pointer
        try require(EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_OAEP_PADDING), "choose OAEP")
        try require(EVP_PKEY_CTX_set_rsa_oaep_md(pointer, digest), "choose OAEP's digest")
        try require(EVP_PKEY_CTX_set_rsa_mgf1_md(pointer, digest), "choose MGF1's digest")
    }

    deinit { EVP_PKEY_CTX_free(pointer) }
}
