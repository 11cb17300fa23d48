import COpenSSL
package import Foundation

/// A throwaway authority that issues the certificates of the emulator, the demo and the tests.
package final class CertificateAuthority: Sendable {
    /// The authority's own certificate, for clients and servers to trust.
    package let certificate: Certificate

    private let key: PrivateKey

    /// Creates an authority with a new 2048-bit RSA key, valid for ten years from yesterday on.
    ///
    /// - Parameter commonName: Its name.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package init(commonName: String) throws {
        key = try PrivateKey.generate(bits: 2048)
        let now = Date()
        let draft = CertificateDraft(
            commonName: commonName, publicKey: key.publicKey,
            notBefore: now.addingTimeInterval(-86_400), notAfter: now.addingTimeInterval(3_650 * 86_400),
            extensions: .authority)
        certificate = try draft.signed(by: key, issuer: nil)
    }

    /// Issues a certificate for a new 2048-bit RSA key.
    ///
    /// - Parameters:
    ///   - commonName: The subject's name.
    ///   - dnsNames: The host names it is valid for.
    ///   - ipAddresses: The addresses it is valid for, IPv4 or IPv6.
    ///   - client: True for a client of mutual TLS, false for a server.
    ///   - notBefore: The start of its validity; may lie in the future, for tests.
    ///   - notAfter: The end of its validity; may have passed, for tests.
    /// - Returns: The certificate, without the authority's, and its key.
    /// - Throws: ``OpenSSLError`` when a name or address cannot be written, or OpenSSL fails.
    package func issue(
        commonName: String, dnsNames: [String], ipAddresses: [String], client: Bool, notBefore: Date, notAfter: Date
    ) throws -> ClientIdentity {
        let key = try PrivateKey.generate(bits: 2048)
        let draft = CertificateDraft(
            commonName: commonName, publicKey: key.publicKey, notBefore: notBefore, notAfter: notAfter,
            extensions: .leaf(client: client, dnsNames: dnsNames, ipAddresses: ipAddresses))
        let certificate = try draft.signed(by: self.key, issuer: self.certificate)
        return ClientIdentity(leaf: certificate, among: [certificate], key: key)
    }

    /// Packs an identity into a keystore.
    ///
    /// - Parameters:
    ///   - identity: What to pack.
    ///   - password: The keystore's password; must not be empty.
    ///   - legacyRC2: True for the ciphers of older exporters: RC2-40 for certificates, Triple DES for the key.
    /// - Returns: The PKCS#12 file.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func pkcs12(_ identity: ClientIdentity, password: String, legacyRC2: Bool) throws -> [UInt8] {
        try PKCS12.encode(identity, password: password, legacyRC2: legacyRC2)
    }
}

/// A certificate before it is signed.
struct CertificateDraft {
    let commonName: String
    let publicKey: PublicKey
    let notBefore: Date
    let notAfter: Date
    let extensions: CertificateExtensions

    /// Signs with SHA-256; without an issuer the certificate is self-signed.
    func signed(by key: PrivateKey, issuer: Certificate?) throws -> Certificate {
        let handle = CertificateHandle(takingOwnership: try require(X509_new(), "make a certificate"))
        try fill(handle)
        if let issuer {
            try finish(handle, issuer: CertificateHandle(der: issuer.der), key)
        } else {
            try finish(handle, issuer: handle, key)
        }
        return try Certificate(handle)
    }

    private func fill(_ handle: borrowing CertificateHandle) throws {
        try require(X509_set_version(handle.pointer, Int(X509_VERSION_3)), "write a certificate's version")
        try setSerialNumber(handle)
        try setTime(notBefore, X509_getm_notBefore(handle.pointer))
        try setTime(notAfter, X509_getm_notAfter(handle.pointer))
        let name = X509_get_subject_name(handle.pointer)
        let utf8 = Int32(MBSTRING_UTF8)
        try require(
            X509_NAME_add_entry_by_NID(name, NID_commonName, utf8, commonName, -1, -1, 0), "write a certificate's name")
        try require(X509_set_pubkey(handle.pointer, publicKey.handle.pointer), "write a certificate's key")
    }

    /// 63 random bits: positive and unpredictable (RFC 5280 §4.1.2.2).
    private func setSerialNumber(_ handle: borrowing CertificateHandle) throws {
        let number = try SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1
        try require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(handle.pointer), number | 1), "write a serial number")
    }

    private func setTime(_ date: Date, _ time: UnsafeMutablePointer<ASN1_TIME>?) throws {
        _ = try require(ASN1_TIME_set(time, time_t(date.timeIntervalSince1970)), "write a certificate's validity")
    }

    private func finish(
        _ handle: borrowing CertificateHandle, issuer: borrowing CertificateHandle, _ key: PrivateKey
    ) throws {
        let name = X509_get_subject_name(issuer.pointer)
        try require(X509_set_issuer_name(handle.pointer, name), "write a certificate's issuer")
        try extensions.add(to: handle, issuer: issuer)
        try require(X509_sign(handle.pointer, key.handle.pointer, EVP_sha256()), "sign a certificate")
    }
}

/// The extensions of a certificate, in OpenSSL's configuration language (man 5 x509v3_config).
struct CertificateExtensions {
    private let values: [(nid: Int32, value: String)]

    /// Those of an authority.
    static let authority = CertificateExtensions(values: [
        (NID_basic_constraints, "critical,CA:TRUE"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
        (NID_subject_key_identifier, "hash"),
    ])

    /// Those of a client or a server.
    static func leaf(client: Bool, dnsNames: [String], ipAddresses: [String]) -> CertificateExtensions {
        let names = dnsNames.map { "DNS:\($0)" } + ipAddresses.map { "IP:\($0)" }
        let alternatives = names.isEmpty ? [] : [(NID_subject_alt_name, names.joined(separator: ","))]
        return CertificateExtensions(
            values: [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature,keyEncipherment"),
                (NID_ext_key_usage, client ? "clientAuth" : "serverAuth"),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"),
            ] + alternatives)
    }

    func add(to certificate: borrowing CertificateHandle, issuer: borrowing CertificateHandle) throws {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.pointer, certificate.pointer, nil, nil, 0)
        for (nid, value) in values {
            let made = try require(X509V3_EXT_conf_nid(nil, &context, nid, value), "write a certificate's extension")
            defer { X509_EXTENSION_free(made) }
            try require(X509_add_ext(certificate.pointer, made, -1), "write a certificate's extension")
        }
    }
}
