package import Foundation
package import OpenSSL

/// Throwaway certificates for tests, made once per process: one authority, a server on the loopback, a client.
package struct TestPKI: Sendable {
    /// The authority both certificates come from.
    package let authority: CertificateAuthority
    /// A server's identity for `localhost` and `127.0.0.1`.
    package let server: ClientIdentity
    /// A client's identity.
    package let client: ClientIdentity

    private static let made = Result { try TestPKI(commonName: "Rollcall Test CA") }

    /// The certificates of this process.
    ///
    /// - Returns: The same each time.
    /// - Throws: Whatever making them threw.
    package static func shared() throws -> TestPKI {
        try made.get()
    }

    /// Makes certificates of another authority.
    ///
    /// - Parameter commonName: The authority's name.
    /// - Throws: Whatever OpenSSL reports.
    package init(commonName: String) throws {
        authority = try CertificateAuthority(commonName: commonName)
        server = try Self.issueServer(authority)
        client = try authority.issue(
            commonName: "client", dnsNames: [], ipAddresses: [], client: true, notBefore: .now - 3600,
            notAfter: .now + 86400)
    }

    /// The authority's certificate as PEM.
    ///
    /// - Returns: The bytes.
    /// - Throws: Whatever OpenSSL reports.
    package func caPEM() throws -> [UInt8] {
        try authority.certificate.pem()
    }

    /// Issues a server's certificate.
    ///
    /// - Parameters:
    ///   - authority: The issuer.
    ///   - dnsNames: The names it is for.
    ///   - ipAddresses: The addresses it is for.
    ///   - notAfter: Its end.
    /// - Returns: Certificate and key.
    /// - Throws: Whatever OpenSSL reports.
    package static func issueServer(
        _ authority: CertificateAuthority, dnsNames: [String] = ["localhost"], ipAddresses: [String] = ["127.0.0.1"],
        notAfter: Date = .now + 86400
    ) throws -> ClientIdentity {
        try authority.issue(
            commonName: "server", dnsNames: dnsNames, ipAddresses: ipAddresses, client: false,
            notBefore: min(.now, notAfter) - 86400, notAfter: notAfter)
    }
}
