import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import OpenSSL

/// Sets up and serves one client connection: TLS, HTTP/1.1 by Hummingbird, and the places from which faults act.
struct EmulatorChannel: ServerChildChannel {
    typealias Value = Connection
    typealias Responder = @Sendable (Request, consuming ResponseWriter, Connection) async throws -> Void

    let keys: KeysInUse
    let respond: Responder

    init(_ configuration: EmulatorConfiguration, material: EmulatorMaterial, log: CallLog) throws {
        keys = try KeysInUse(material, answersCertificateErrors: configuration.answersCertificateErrors)
        let api = OpeningsAPI(
            keys: keys, judge: CallJudge(configuration, keys: keys, log: log), log: log,
            generation: configuration.generation)
        respond = api.respond(to:writer:on:)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try addHandlers(to: channel)
        }.flatMap { controls in
            plainHTTP.setup(channel: channel, logger: logger).map { Connection(http: $0, controls: controls) }
        }
    }

    func handle(value connection: Connection, logger: Logger) async {
        let served = HTTP1Channel(responder: { request, writer, _ in
            try await respond(request, writer, connection)
        })
        await served.handle(value: connection.http, logger: logger)
    }

    /// Only its pipeline is used; the requests go to the responder of the connection.
    private var plainHTTP: HTTP1Channel {
        HTTP1Channel(responder: { _, _, _ in })
    }

    private func addHandlers(to channel: any Channel) throws -> ConnectionControls {
        let socket = PipelineSlot(closesWithPeer: true)
        let plaintext = PipelineSlot(closesWithPeer: false)
        let present = keys.present
        try channel.pipeline.syncOperations.addHandlers([socket, present.check.tlsHandler(present.tls), plaintext])
        return ConnectionControls(channel: channel, socket: socket, plaintext: plaintext)
    }
}

/// Checks client certificates as nginx does: the handshake succeeds with any or none, and the first request is answered
/// with the verdict.
struct CertificateCheck: Sendable {
    /// The verdict on a connection's client certificate.
    enum Verdict: Sendable {
        case missing
        case wrong
        case accepted
    }

    /// The DER of the only certificates accepted; nil if the handshake itself decides.
    let accepted: [[UInt8]]?

    /// The verdict on a connection whose handshake is complete.
    ///
    /// Asks the session, not the handshake: under a resumed session (RFC 8446 §2.2) no certificate is sent.
    func verdict(on channel: any Channel) async throws -> Verdict {
        guard let accepted else { return .accepted }
        guard let certificate = try await channel.nioSSL_peerCertificate().get() else { return .missing }
        return try accepted.contains(certificate.toDERBytes()) ? .accepted : .wrong
    }

    func tlsHandler(_ context: NIOSSLContext) -> NIOSSLServerHandler {
        guard accepted != nil else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(
            context: context, customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    }
}
