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
