import COpenSSL
package import Foundation

/// An X.509 certificate, read once and kept as values.
package final class Certificate: Sendable {
    /// The subject (RFC 4514, such as `CN=client,O=Example`).
    package let subject: String
    /// The issuer, in the same form.
    package let issuer: String
    /// The start of its validity.
    package let notBefore: Date
    /// The end of its validity.
    package let notAfter: Date
    /// The key it certifies.
    package let publicKey: PublicKey
    /// The encoded certificate.
    package let der: [UInt8]
    /// The lower-case hexadecimal SHA-256 of ``der``.
    package let fingerprint: String
    /// The host names it is valid for: DNS names and IP addresses.
    package let alternativeNames: [String]
    /// What it may be used for.
    package let use: CertificateUse

    /// Reads a certificate or a chain of them.
    ///
    /// - Parameters:
    ///   - bytes: PEM, one or several, or DER.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: The certificates in the file's order, at least one.
    /// - Throws: ``OpenSSLError`` that says what the file is instead.
    package static func load(_ bytes: [UInt8], name: String) throws -> [Certificate] {
        try KeyFile(bytes, password: nil, name: name).certificates(name: name)
    }

    init(_ handle: borrowing CertificateHandle) throws {
        der = try handle.der()
        subject = try CertificateHandle.text(of: X509_get_subject_name(handle.pointer))
        issuer = try CertificateHandle.text(of: X509_get_issuer_name(handle.pointer))
        notBefore = try CertificateHandle.date(X509_get0_notBefore(handle.pointer))
        notAfter = try CertificateHandle.date(X509_get0_notAfter(handle.pointer))
        let key = try require(X509_get_pubkey(handle.pointer), "read a certificate's key")
        publicKey = try PublicKey(KeyHandle(takingOwnership: key))
        fingerprint = try SHA256.hex(der)
        alternativeNames = handle.alternativeNames()
        use = CertificateUse(handle)
    }

    /// The certificate as PEM.
    ///
    /// - Returns: ASCII, with a line feed at the end.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func pem() throws -> [UInt8] {
        let handle = try CertificateHandle(der: der)
        return try MemoryBuffer.collect { PEM_write_bio_X509($0, handle.pointer) }
    }

    /// Whether a private key belongs to this certificate.
    ///
    /// - Parameter key: The key.
    /// - Returns: True when its public half is the certified one.
    package func matches(_ key: PrivateKey) -> Bool {
        publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo
    }
}

/// The owner of an `X509`.
struct CertificateHandle: ~Copyable {
    let pointer: OpaquePointer

    init(takingOwnership pointer: OpaquePointer) {
        self.pointer = pointer
    }

    init(der: [UInt8]) throws {
        let decoded = der.withUnsafeBufferPointer { DER.decode($0) { d2i_X509(nil, $0, $1) } }
        pointer = try require(decoded, "read a certificate")
    }

    deinit { X509_free(pointer) }

    func der() throws -> [UInt8] {
        try DER.encode { i2d_X509(pointer, $0) }
    }

    /// A distinguished name as RFC 4514 writes it; control characters are escaped.
    static func text(of name: OpaquePointer?) throws -> String {
        guard let name, X509_NAME_entry_count(name) > 0 else { return "" }
        let bytes = try MemoryBuffer.collect { X509_NAME_print_ex($0, name, 0, COpenSSL_name_flags()) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func date(_ time: UnsafePointer<ASN1_TIME>?) throws -> Date {
        var parts = tm()
        try require(ASN1_TIME_to_tm(time, &parts), "read a certificate's validity")
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}

extension CertificateHandle {
    /// The DNS names and IP addresses of the subjectAltName extension (RFC 5280 §4.2.1.6); none when it is absent.
    func alternativeNames() -> [String] {
        guard let found = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return []
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        return (0..<COpenSSL_sk_GENERAL_NAME_num(names)).compactMap { index in
            COpenSSL_sk_GENERAL_NAME_value(names, index).flatMap(Self.text)
        }
    }

    private static func text(of name: UnsafeMutablePointer<GENERAL_NAME>) -> String? {
        var kind: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &kind) else { return nil }
        let string = value.assumingMemoryBound(to: ASN1_STRING.self)
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
        switch kind {
        case GEN_DNS: return String(decoding: bytes, as: UTF8.self)
        case GEN_IPADD: return address(bytes)
        default: return nil
        }
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}

/// What a certificate may be used for, by its extensions and its signature.
package struct CertificateUse: Sendable, Equatable {
    /// A purpose in the extended key usage (RFC 5280 §4.2.1.12).
    package enum Purpose: String, Sendable, CaseIterable {
        /// A client of TLS.
        case clientAuth
        /// A server of TLS.
        case serverAuth
        /// Signed or encrypted mail.
        case emailProtection
        /// Signed programs.
        case codeSigning
        /// Any purpose.
        case any

        var flag: UInt32 {
            switch self {
            case .clientAuth: UInt32(XKU_SSL_CLIENT)
            case .serverAuth: UInt32(XKU_SSL_SERVER)
            case .emailProtection: UInt32(XKU_SMIME)
            case .codeSigning: UInt32(XKU_CODE_SIGN)
            case .any: UInt32(XKU_ANYEKU)
            }
        }
    }

    /// The purposes it names, other ones left out; nil: it names none at all, and so allows every purpose.
    package let purposes: [Purpose]?
    /// Whether its key may sign (RFC 5280 §4.2.1.3, digitalSignature), as TLS 1.3 demands of both sides (RFC 8446
    /// §4.4.2.2).
    package let allowsSigning: Bool
    /// Whether it is an authority's (RFC 5280 §4.2.1.9).
    package let isAuthority: Bool
    /// The strength of its signature in bits, as OpenSSL rates it: 128 for SHA-256, 63 for SHA-1, 39 for MD5.
    package let signatureStrength: Int

    /// Describes a certificate's use.
    package init(
        purposes: [Purpose]?, allowsSigning: Bool = true, isAuthority: Bool = false, signatureStrength: Int = 128
    ) {
        self.purposes = purposes
        self.allowsSigning = allowsSigning
        self.isAuthority = isAuthority
        self.signatureStrength = signatureStrength
    }

    init(_ certificate: borrowing CertificateHandle) {
        // All bits are set where the extension is absent (man 3 X509_get_extended_key_usage).
        let extended = X509_get_extended_key_usage(certificate.pointer)
        purposes = extended == .max ? nil : Purpose.allCases.filter { extended & $0.flag != 0 }
        allowsSigning = X509_get_key_usage(certificate.pointer) & UInt32(KU_DIGITAL_SIGNATURE) != 0
        isAuthority = X509_check_ca(certificate.pointer) == 1
        var strength: Int32 = 0
        X509_get_signature_info(certificate.pointer, nil, nil, &strength, nil)
        signatureStrength = Int(strength)
    }

    /// Whether a client of TLS may show it.
    package var allowsClients: Bool { purposes.map { $0.contains(.clientAuth) || $0.contains(.any) } ?? true }

    /// Whether OpenSSL takes its signature in TLS at the usual security level 2 (man 3 SSL_CTX_set_security_level).
    package var isStronglySigned: Bool { signatureStrength >= 112 }
}

extension Certificate {
    /// Whether it was signed with its own key.
    package var isSelfSigned: Bool { issuer == subject && isSigned(by: self) }

    /// Whether its signature is that of another certificate's key.
    ///
    /// - Parameter issuer: The supposed issuer.
    /// - Returns: False also where the signature cannot be checked.
    package func isSigned(by issuer: Certificate) -> Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        defer { ERR_clear_error() }
        return X509_verify(handle.pointer, issuer.publicKey.handle.pointer) == 1
    }
}
