import COpenSSL

/// Turns one PEM block or one DER object into what it holds.
struct KeyDecoder {
    let password: String?
    let name: String

    var unreadable: OpenSSLError {
        OpenSSLError.failed(
            .unreadable,
            "\(name) is no key or certificate that can be read; PEM, DER or PKCS#12 is wanted, whole and unchanged")
    }

    /// Nil for a block that is only an annex of the next one.
    func item(pem block: PEMBlock) throws -> KeyFile.Item? {
        switch block.label {
        case "CERTIFICATE", "X509 CERTIFICATE": .certificate(try certificate(block.body))
        case "TRUSTED CERTIFICATE": .certificate(try trustedCertificate(block.body))
        case "PUBLIC KEY": .publicKey(try publicKey(block.body))
        case "RSA PUBLIC KEY": .publicKey(try rsaPublicKey(block.body))
        case "PRIVATE KEY": .privateKey(try pkcs8(block.body))
        case "ENCRYPTED PRIVATE KEY": try encryptedPKCS8(block.body)
        case "RSA PRIVATE KEY": try traditional(block, type: EVP_PKEY_RSA)
        case "EC PRIVATE KEY": try traditional(block, type: EVP_PKEY_EC)
        case "EC PARAMETERS": nil
        case let label: .other(label.lowercased())
        }
    }

    /// The forms of DER cannot be taken for one another: each begins with another sequence of types.
    func item(der bytes: [UInt8]) throws -> KeyFile.Item {
        if let handle = certificateHandle(bytes) { return .certificate(try Certificate(handle)) }
        if let key = decode(bytes, { d2i_PUBKEY(nil, $0, $1) }) { return .publicKey(try PublicKey(handle(key))) }
        if let key = pkcs8Handle(bytes) { return .privateKey(try PrivateKey(key)) }
        if let sealed = decode(bytes, { d2i_X509_SIG(nil, $0, $1) }) {
            X509_SIG_free(sealed)
            return try encryptedPKCS8(bytes)
        }
        for type in [EVP_PKEY_RSA, EVP_PKEY_EC] {
            guard let key = decode(bytes, { d2i_PrivateKey(type, nil, $0, $1) }) else { continue }
            return .privateKey(try PrivateKey(handle(key)))
        }
        return .publicKey(try rsaPublicKey(bytes))
    }

    /// Calls a `d2i_` function; nil when the bytes are something else, or more than it reads.
    func decode(
        _ bytes: [UInt8], _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        DER.isSequence(bytes) ? bytes.withUnsafeBufferPointer { DER.decode($0, read) } : nil
    }

    func handle(_ key: OpaquePointer) -> KeyHandle {
        KeyHandle(takingOwnership: key)
    }

    private func certificateHandle(_ bytes: [UInt8]) -> CertificateHandle? {
        decode(bytes) { d2i_X509(nil, $0, $1) }.map { CertificateHandle(takingOwnership: $0) }
    }

    private func certificate(_ bytes: [UInt8]) throws -> Certificate {
        guard let handle = certificateHandle(bytes) else { throw unreadable }
        return try Certificate(handle)
    }

    private func trustedCertificate(_ bytes: [UInt8]) throws -> Certificate {
        // A second sequence follows the certificate's.
        let decoded = bytes.withUnsafeBufferPointer { DER.decode($0) { d2i_X509_AUX(nil, $0, $1) } }
        guard let pointer = decoded else { throw unreadable }
        return try Certificate(CertificateHandle(takingOwnership: pointer))
    }

    private func publicKey(_ bytes: [UInt8]) throws -> PublicKey {
        guard let key = decode(bytes, { d2i_PUBKEY(nil, $0, $1) }) else { throw unreadable }
        return try PublicKey(handle(key))
    }

    /// PKCS#1's RSAPublicKey (RFC 8017 §A.1.1).
    private func rsaPublicKey(_ bytes: [UInt8]) throws -> PublicKey {
        guard let key = decode(bytes, { d2i_PublicKey(EVP_PKEY_RSA, nil, $0, $1) }) else { throw unreadable }
        return try PublicKey(handle(key))
    }
}
