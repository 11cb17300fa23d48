import COpenSSL

/// Reads PKCS#12 keystores (RFC 7292).
///
/// Bag by bag, because `PKCS12_parse` looks for a key's ciphers in the global library context only.
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

    /// The empty keystore created first carries the library context that its encrypted parts are then read with.
    private static func decode(_ bytes: [UInt8], _ library: OpaquePointer) throws -> OpaquePointer {
        try bytes.withUnsafeBytes { bytes in
            let source = try MemoryBuffer(reading: bytes)
            var store: OpaquePointer? = try require(PKCS12_init_ex(NID_pkcs7_data, library, nil), "make a keystore")
            // On failure d2i frees its argument.
            return try require(d2i_PKCS12_bio(source.pointer, &store), "read a keystore")
        }
    }

    /// The variant of the password that fits: some programs write an empty one as no characters, others as a
    /// terminating zero (RFC 7292 §B.1 leaves it open). Nil when none fits.
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

extension PKCS12 {
    /// Packs an identity: the key, its certificate, and the chain above it.
    static func encode(_ identity: ClientIdentity, password: String, legacyRC2: Bool) throws -> [UInt8] {
        try LegacyProviders.withContext { library in
            let leaf = try CertificateHandle(der: identity.chain.first?.der ?? [])
            let issuers = try stack(of: identity.chain.dropFirst())
            defer { COpenSSL_sk_X509_pop_free(issuers) }
            let keyCipher = legacyRC2 ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0
            let certificateCipher = legacyRC2 ? NID_pbe_WithSHA1And40BitRC2_CBC : 0
            let store = try require(
                PKCS12_create_ex(
                    password, "rollcall", identity.key.handle.pointer, leaf.pointer, issuers, keyCipher,
                    certificateCipher, 0, 0, 0, library, nil),
                "make a keystore")
            defer { PKCS12_free(store) }
            return try DER.encode { i2d_PKCS12(store, $0) }
        }
    }

    private static func stack(of certificates: ArraySlice<Certificate>) throws -> OpaquePointer {
        let stack = try require(COpenSSL_sk_X509_new_null(), "make a list of certificates")
        do {
            for certificate in certificates { try push(certificate, to: stack) }
        } catch {
            COpenSSL_sk_X509_pop_free(stack)
            throw error
        }
        return stack
    }

    private static func push(_ certificate: Certificate, to stack: OpaquePointer) throws {
        let handle = try CertificateHandle(der: certificate.der)
        // The list owns its elements, so it gets its own reference, taken before the call that could release it.
        try require(X509_up_ref(handle.pointer), "make a list of certificates")
        do {
            try require(COpenSSL_sk_X509_push(stack, handle.pointer), "make a list of certificates")
        } catch {
            X509_free(handle.pointer)
            throw error
        }
    }
}

/// Walks through the bags of a keystore whose password is known (RFC 7292 §4).
struct PKCS12Reader {
    let password: KeystorePassword
    let library: OpaquePointer
    let name: String
    private(set) var keys: [PrivateKey] = []
    private(set) var certificates: [Certificate] = []

    init(password: KeystorePassword, library: OpaquePointer, name: String) {
        self.password = password
        self.library = library
        self.name = name
    }

    mutating func read(_ store: OpaquePointer) throws {
        guard let contents = PKCS12_unpack_authsafes(store) else { throw unreadable }
        defer { COpenSSL_sk_PKCS7_pop_free(contents) }
        for index in 0..<COpenSSL_sk_PKCS7_num(contents) {
            guard let content = COpenSSL_sk_PKCS7_value(contents, index) else { throw unreadable }
            try read(content: content)
        }
    }

    /// Parts encrypted to a certificate instead of a password are of no use here and are skipped.
    private mutating func read(content: UnsafeMutablePointer<COpenSSL.PKCS7>) throws {
        let bags: OpaquePointer?
        switch OBJ_obj2nid(content.pointee.type) {
        case NID_pkcs7_data: bags = PKCS12_unpack_p7data(content)
        case NID_pkcs7_encrypted:
            bags = password.withBytes { PKCS12_unpack_p7encdata(content, $0, $1) }
            guard bags != nil else { throw locked }
        default: return
        }
        guard let bags else { throw unreadable }
        defer { COpenSSL_sk_PKCS12_SAFEBAG_pop_free(bags) }
        try read(bags: bags, depth: 0)
    }

    private mutating func read(bags: OpaquePointer, depth: Int) throws {
        guard depth < 4 else { throw unreadable }
        for index in 0..<COpenSSL_sk_PKCS12_SAFEBAG_num(bags) {
            guard let bag = COpenSSL_sk_PKCS12_SAFEBAG_value(bags, index) else { throw unreadable }
            try read(bag: bag, depth: depth)
        }
    }

    /// Certificates other than X.509, revocation lists and secrets are skipped.
    private mutating func read(bag: OpaquePointer, depth: Int) throws {
        switch PKCS12_SAFEBAG_get_nid(bag) {
        case NID_keyBag:
            try append(key: PKCS12_SAFEBAG_get0_p8inf(bag))
        case NID_pkcs8ShroudedKeyBag:
            guard let info = password.withBytes({ PKCS12_decrypt_skey_ex(bag, $0, $1, library, nil) }) else {
                throw locked
            }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            try append(key: info)
        case NID_certBag where PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate:
            guard let certificate = PKCS12_SAFEBAG_get1_cert(bag) else { throw unreadable }
            try append(certificate: CertificateHandle(takingOwnership: certificate))
        case NID_safeContentsBag:
            guard let inner = PKCS12_SAFEBAG_get0_safes(bag) else { throw unreadable }
            try read(bags: inner, depth: depth + 1)
        default: break
        }
    }

    /// The key is created in the global context: the one it was decrypted in is about to be freed.
    private mutating func append(key info: OpaquePointer?) throws {
        guard let info, let key = EVP_PKCS82PKEY(info) else { throw unreadable }
        keys.append(try PrivateKey(KeyHandle(takingOwnership: key)))
    }

    /// Decoded again for the same reason.
    private mutating func append(certificate: consuming CertificateHandle) throws {
        certificates.append(try Certificate(CertificateHandle(der: certificate.der())))
    }

    /// The password fits the keystore's MAC but does not open its content. MACs use characters, modern ciphers the
    /// bytes of their encoding (RFC 7292 §B.1, RFC 8018 §5), so a password with letters beyond ASCII may fit only one
    /// of them.
    private var locked: OpenSSLError {
        guard password.isASCII else {
            return OpenSSLError.failed(
                .wrongPassword,
                "\(name) accepts the password and what is in it does not open with it: a password with letters beyond "
                    + "ASCII was written in another encoding (Latin-1) there; export it again with a password of ASCII "
                    + "characters")
        }
        return unreadable
    }

    private var unreadable: OpenSSLError {
        OpenSSLError.failed(
            .unreadable,
            "\(name) is a PKCS#12 keystore that cannot be read here; check that OpenSSL's legacy provider is installed, "
                + "or export it again")
    }
}

/// A keystore's password; no password at all is not the same as an empty one.
enum KeystorePassword {
    case none
    case text(String)

    /// Whether it is the same in every encoding.
    var isASCII: Bool {
        switch self {
        case .none: true
        case .text(let text): text.utf8.allSatisfy { $0 < 0x80 }
        }
    }

    /// Passes on the zero-terminated UTF-8, or NULL, and its length without the zero.
    func withBytes<Result>(_ body: (UnsafePointer<CChar>?, Int32) throws -> Result) rethrows -> Result {
        switch self {
        case .none: try body(nil, 0)
        case .text(let text): try text.withCString { try body($0, Int32(clamping: text.utf8.count)) }
        }
    }
}

/// A library context with OpenSSL's default and legacy providers, for RC2 and the other old ciphers of keystores.
///
/// It lives while one file is read. The global context never loads those ciphers.
enum LegacyProviders {
    static func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try require(OSSL_LIB_CTX_new(), "make a library context")
        defer { OSSL_LIB_CTX_free(context) }
        let standard = try require(OSSL_PROVIDER_load(context, "default"), "load its default provider")
        defer { unload(standard) }
        // A system may lack legacy.so; then only files that need it are refused.
        let legacy = OSSL_PROVIDER_load(context, "legacy")
        ERR_clear_error()
        defer { if let legacy { unload(legacy) } }
        return try body(context)
    }

    // Unloading fails only when a provider was never loaded.
    private static func unload(_ provider: OpaquePointer) {
        _ = OSSL_PROVIDER_unload(provider)
    }
}
