import COpenSSL
public import Foundation

/// An X.509 certificate, read once and kept as values.
public final class Certificate: Sendable {
    /// Whom it is for (RFC 4514, such as `CN=client,O=Example`).
    public let subject: String
    /// Who issued it, written likewise.
    public let issuer: String
    /// From when on it is valid.
    public let notBefore: Date
    /// Until when it is valid.
    public let notAfter: Date
    /// The key it certifies.
    public let publicKey: PublicKey
    /// The certificate itself.
    public let der: [UInt8]
    /// The lower-case hexadecimal SHA-256 of ``der``.
    public let fingerprint: String
    /// The names of machines it is for: DNS names and IP addresses.
    public let alternativeNames: [String]

    /// Reads a certificate or a chain of them.
    ///
    /// - Parameters:
    ///   - bytes: PEM, one or several, or DER.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: The certificates in the file's order, at least one.
    /// - Throws: ``OpenSSLError`` that says what the file is instead.
    public static func load(_ bytes: [UInt8], name: String) throws -> [Certificate] {
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
    }

    /// The certificate as PEM.
    ///
    /// - Returns: ASCII, with a line feed at the end.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public func pem() throws -> [UInt8] {
        let handle = try CertificateHandle(der: der)
        return try MemoryBuffer.collect { PEM_write_bio_X509($0, handle.pointer) }
    }

    /// Whether a private key belongs to this certificate.
    ///
    /// - Parameter key: The key.
    /// - Returns: True when its public half is the certified one.
    public func matches(_ key: PrivateKey) -> Bool {
        publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo
    }
}
