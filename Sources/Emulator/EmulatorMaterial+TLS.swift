import NIOSSL
import OpenSSL

extension EmulatorMaterial {
    /// The server's side of mutual TLS, 1.2 at least.
    ///
    /// - Parameter optional: let the handshake go through without a certificate; it is judged after it.
    /// - Returns: the configuration of NIOSSL, which wants PEM.
    /// - Throws: an error of OpenSSL or NIOSSL where key or certificate cannot be used.
    func serverTLS(optional: Bool) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(server.chainPEM())
        let key = try NIOSSLPrivateKey(bytes: server.keyPEM(), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority.pem()))
        configuration.certificateVerification = optional ? .optionalVerification : .noHostnameVerification
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}
