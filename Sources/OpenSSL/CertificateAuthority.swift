public import Foundation

/// A throwaway authority that issues the certificates of the emulator, the demo and the tests.
public final class CertificateAuthority: Sendable {
    /// The authority's own certificate, for clients and servers to trust.
    public let certificate: Certificate

    private let key: PrivateKey

    /// Makes an authority with a new RSA key of 2048 bits, valid from yesterday on for ten years.
    ///
    /// - Parameter commonName: Its name.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public init(commonName: String) throws {
        key = try PrivateKey.generate(bits: 2048)
        let now = Date()
        let draft = CertificateDraft(
            commonName: commonName, publicKey: key.publicKey,
            notBefore: now.addingTimeInterval(-86_400), notAfter: now.addingTimeInterval(3_650 * 86_400),
            extensions: .authority)
        certificate = try draft.signed(by: key, issuer: nil)
    }

    /// Issues a certificate for a new RSA key of 2048 bits.
    ///
    /// - Parameters:
    ///   - commonName: The subject's name.
    ///   - dnsNames: For which host names it is.
    ///   - ipAddresses: For which addresses it is, IPv4 or IPv6.
    ///   - client: True for a client of mutual TLS, false for a server.
    ///   - notBefore: From when on it is valid; may lie in the future, for tests.
    ///   - notAfter: Until when; may have passed, for tests.
    /// - Returns: The certificate, without the authority's, and its key.
    /// - Throws: ``OpenSSLError`` when a name or address cannot be written, or OpenSSL fails.
    public func issue(
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
    ///   - password: What shall open it; must not be empty.
    ///   - legacyRC2: True for the ciphers of older exporters: RC2-40 for certificates, Triple DES for the key.
    /// - Returns: The PKCS#12 file.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public func pkcs12(_ identity: ClientIdentity, password: String, legacyRC2: Bool) throws -> [UInt8] {
        try PKCS12.encode(identity, password: password, legacyRC2: legacyRC2)
    }
}
