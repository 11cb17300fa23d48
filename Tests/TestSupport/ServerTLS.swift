import NIOSSL
package import OpenSSL

/// Certificates and versions of a test server.
package struct ServerTLS: Sendable {
    /// The TLS versions a server offers.
    package enum Version: Sendable, CaseIterable {
        /// TLS 1.2 alone.
        case tls12
        /// TLS 1.3 alone.
        case tls13
    }

    /// The server's certificate and key.
    package var identity: ClientIdentity
    /// The authority client certificates must come from; nil: none is asked for.
    package var clientAuthority: CertificateAuthority?
    /// The version.
    package var version: Version

    /// Describes a server's TLS.
    ///
    /// - Parameters:
    ///   - identity: The server's certificate and key.
    ///   - clientAuthority: The authority client certificates must come from; nil: none is asked for.
    ///   - version: The version.
    package init(identity: ClientIdentity, clientAuthority: CertificateAuthority? = nil, version: Version = .tls13) {
        self.identity = identity
        self.clientAuthority = clientAuthority
        self.version = version
    }

    func configuration() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(identity.chainPEM())
        let key = try NIOSSLPrivateKey(bytes: identity.keyPEM(), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = version == .tls13 ? .tlsv13 : .tlsv12
        configuration.maximumTLSVersion = version == .tls13 ? .tlsv13 : .tlsv12
        if let clientAuthority {
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(clientAuthority.certificate.pem()))
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }
}
