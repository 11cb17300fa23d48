import COpenSSL

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

    /// Parts encrypted to a certificate instead of a password are of no use here and left out.
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

    /// Certificates of other kinds than X.509, revocation lists and secrets are left out.
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

    /// The key is made in the global context: the one it was decrypted in is about to go.
    private mutating func append(key info: OpaquePointer?) throws {
        guard let info, let key = EVP_PKCS82PKEY(info) else { throw unreadable }
        keys.append(try PrivateKey(KeyHandle(takingOwnership: key)))
    }

    /// Read anew for the same reason.
    private mutating func append(certificate: consuming CertificateHandle) throws {
        certificates.append(try Certificate(CertificateHandle(der: certificate.der())))
    }

    /// The password fits the keystore's mark and does not open what is in it. Marks take characters, modern ciphers the
    /// bytes they are written in (RFC 7292 §B.1, RFC 8018 §5), so that one with letters beyond ASCII may fit one of both.
    private var locked: OpenSSLError {
        guard password.isASCII else {
            return OpenSSLError.failed(
                .wrongPassword,
                "\(name) accepts the password and what is in it does not open with it: a password with letters beyond "
                    + "ASCII was written in another encoding (Latin-1) there; export it anew with a password of ASCII "
                    + "characters")
        }
        return unreadable
    }

    private var unreadable: OpenSSLError {
        OpenSSLError.failed(
            .unreadable,
            "\(name) is a PKCS#12 keystore that cannot be read here; check that OpenSSL's legacy provider is installed, "
                + "or export it anew")
    }
}
