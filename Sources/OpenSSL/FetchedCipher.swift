import COpenSSL

/// A cipher, looked up once: `EVP_CIPHER_fetch` for every call costs more than encrypting a record.
///
/// `@unchecked Sendable`: a fetched `EVP_CIPHER` is never changed, and its reference count is atomic
/// (man 7 openssl-threads).
final class FetchedCipher: @unchecked Sendable {
    static let aes128GCM = Result { try FetchedCipher(named: "AES-128-GCM") }
    static let aes192GCM = Result { try FetchedCipher(named: "AES-192-GCM") }
    static let aes256GCM = Result { try FetchedCipher(named: "AES-256-GCM") }
    static let aes128CBC = Result { try FetchedCipher(named: "AES-128-CBC") }

    let pointer: OpaquePointer

    private init(named name: String) throws {
        pointer = try require(EVP_CIPHER_fetch(nil, name, nil), "load a cipher")
    }

    deinit { EVP_CIPHER_free(pointer) }
}
