import Basics
import IdentityInsightsClient
import NIOCore
import NIOSSL

/// What the administration shows itself with, ready for handshakes; it is exchanged with the rest of the configuration.
struct AdminCertificate: Sendable {
    /// The server's own certificate first.
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
    /// Each certificate of the chain, by the time at which it ends.
    let datedKeys: [DatedKey]

    /// Prepares the files of `admin.certificate` and `admin.key`.
    ///
    /// - Throws: `OperationFailure` where they cannot be used.
    init(_ certificate: ServerCertificate) throws {
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificate.chain).map { .certificate($0) }
            key = .privateKey(try NIOSSLPrivateKey(bytes: certificate.key, format: .pem))
        } catch {
            // What OpenSSL's kin says of a file may hold some of it.
            throw OperationFailure(
                .configuration, "admin.certificate and admin.key: these PEM files cannot be used")
        }
        datedKeys = certificate.datedKeys
    }

    /// How connections are encrypted.
    ///
    /// - Parameter configuration: What is in force, which is asked at each handshake: connections keep what they began
    ///   with.
    /// - Returns: What the server is built with.
    func tls(for configuration: ConfigurationInForce) -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        tls.minimumTLSVersion = .tlsv12
        tls.sslContextCallback = { _, promise in
            var present = NIOSSLContextConfigurationOverride()
            if let certificate = configuration.value.adminCertificate {
                present.certificateChain = certificate.chain
                present.privateKey = certificate.key
            }
            promise.succeed(present)
        }
        return tls
    }
}
