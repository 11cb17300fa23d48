import COpenSSL

/// Reads PKCS#12 keystores (RFC 7292).
///
/// Bag by bag, because `PKCS12_parse` looks for the ciphers of a key in the global library context only.
enum PKCS12 {
    static func isKeystore(_ bytes: [UInt8]) -> Bool {
        guard let store = bytes.withUnsafeBufferPointer({ DER.decode($0) { d2i_PKCS12(nil, $0, $1) } }) else {
            return false
        }
        PKCS12_free(store)
        return true
    }

    /// What a keystore holds: the keys first, then the certificates in the file's order.
    static func items(in bytes: [UInt8], password: String?, name: String) throws -> [KeyFile.Item] {
        try LegacyProviders.withContext { library in
            let store = try decode(bytes, library)
            defer { PKCS12_free(store) }
            guard let fitting = verified(password, for: store) else {
                guard password == nil else { throw OpenSSLError.wrongPassword(name: name) }
                ERR_clear_error()
                return [.lockedKeystore]
            }
            var reader = PKCS12Reader(password: fitting, library: library, name: name)
            try reader.read(store)
            return reader.keys.map { .privateKey($0) } + reader.certificates.map { .certificate($0) }
        }
    }

    /// The empty keystore made first carries the library context that its encrypted parts are then read with.
    private static func decode(_ bytes: [UInt8], _ library: OpaquePointer) throws -> OpaquePointer {
        try bytes.withUnsafeBytes { bytes in
            let source = try MemoryBuffer(reading: bytes)
            var store: OpaquePointer? = try require(PKCS12_init_ex(NID_pkcs7_data, library, nil), "make a keystore")
            // On failure d2i frees what it was given.
            return try require(d2i_PKCS12_bio(source.pointer, &store), "read a keystore")
        }
    }

    /// The password as it fits: an empty one was written by some as no characters, by others as a closing zero
    /// (RFC 7292 §B.1 leaves it open). Nil when none fits.
    private static func verified(_ password: String?, for store: OpaquePointer) -> KeystorePassword? {
        let candidates: [KeystorePassword] =
            switch password {
            case nil, "": [.none, .text("")]
            case let password?: [.text(password)]
            }
        guard PKCS12_mac_present(store) > 0 else { return candidates.last }
        return candidates.first { candidate in
            candidate.withBytes { PKCS12_verify_mac(store, $0, $1) } > 0
        }
    }
}
