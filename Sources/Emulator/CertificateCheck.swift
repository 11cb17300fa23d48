import NIOCore
import NIOSSL

/// Checks client certificates in the way of nginx: the handshake goes through with any or none, and the first
/// request is answered with the verdict.
struct CertificateCheck: Sendable {
    /// The verdict on a connection's client certificate.
    enum Verdict: Sendable {
        case missing
        case wrong
        case accepted
    }

    /// The DER of the one certificate let in; nil where the handshake itself decides.
    let accepted: [UInt8]?

    /// The verdict on a connection whose handshake is through.
    ///
    /// Asks the session, not the handshake: under a resumed session (RFC 8446 §2.2) no certificate is sent.
    func verdict(on channel: any Channel) async throws -> Verdict {
        guard let accepted else { return .accepted }
        guard let certificate = try await channel.nioSSL_peerCertificate().get() else { return .missing }
        return try certificate.toDERBytes() == accepted ? .accepted : .wrong
    }

    /// The handler of a connection's TLS.
    func tlsHandler(_ context: NIOSSLContext) -> NIOSSLServerHandler {
        guard accepted != nil else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(
            context: context, customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    }
}
