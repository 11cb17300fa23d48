import COpenSSL

/// A digest algorithm, looked up once: `EVP_MD_fetch` for every call costs more than hashing a short message.
///
/// `@unchecked Sendable`: a fetched `EVP_MD` is never changed, and its reference count is atomic (man 7 openssl-threads).
final class FetchedDigest: @unchecked Sendable {
    static let sha256 = Result { try FetchedDigest(named: "SHA2-256") }

    let pointer: OpaquePointer

    private init(named name: String) throws {
        pointer = try require(EVP_MD_fetch(nil, name, nil), "load a digest")
    }

    deinit { EVP_MD_free(pointer) }
}
