import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
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
            generation: configuration.generation, beforeAnswer: configuration.beforeAnswer)
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

/// What a fault can do to a connection below HTTP.
struct ConnectionControls: Sendable {
    private let channel: any Channel
    /// In front of TLS, next to the socket.
    private let socket: NIOLoopBound<PipelineSlot>
    /// Behind TLS, in front of HTTP.
    private let plaintext: NIOLoopBound<PipelineSlot>

    /// Must be made on the channel's event loop.
    init(channel: any Channel, socket: PipelineSlot, plaintext: PipelineSlot) {
        self.channel = channel
        self.socket = NIOLoopBound(socket, eventLoop: channel.eventLoop)
        self.plaintext = NIOLoopBound(plaintext, eventLoop: channel.eventLoop)
    }

    /// Resets the connection: RST, without a TLS close_notify.
    func reset() {
        channel.eventLoop.execute {
            // With a linger time of 0 close(2) sends RST (man 7 socket; RFC 9293 §3.10.5, ABORT).
            let abort = linger(l_onoff: 1, l_linger: 0)
            let set = (channel as? any SocketOptionProvider)?.setSoLinger(abort)
            (set ?? channel.eventLoop.makeSucceededVoidFuture()).whenComplete { _ in socket.value.close() }
        }
    }

    /// Closes the connection in order: TLS close_notify, then FIN.
    func close() async {
        // A channel that cannot be closed in order has been closed by the client already.
        try? await channel.close()
    }

    /// Sends plaintext below HTTP, then closes in order.
    func sendAndClose(_ bytes: [UInt8]) async {
        let sent = channel.eventLoop.flatSubmit {
            plaintext.value.send(ByteBuffer(bytes: bytes)) ?? channel.eventLoop.makeSucceededVoidFuture()
        }
        // A client that has gone does not miss the bytes; the connection is closed either way.
        try? await sent.get()
        await close()
    }
}

/// One client connection: its HTTP channel, and the places in its pipeline from which faults act.
struct Connection: ServerChildChannelValue {
    let http: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    let controls: ConnectionControls

    var channel: any Channel { http.channel }
}

/// Holds a place in a connection's pipeline, so that something can act from there; forwards all events.
///
/// On the event loop only, like every channel handler.
final class PipelineSlot: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private let closesWithPeer: Bool

    /// - Parameter closesWithPeer: close at once when the peer has closed its side. An HTTP/1.1 client that closed is
    ///   no longer waiting for an answer, so a call that hangs can end.
    init(closesWithPeer: Bool) {
        self.closesWithPeer = closesWithPeer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if closesWithPeer, let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
    }

    /// Sends bytes as they are from this place towards the network; the future fails once the connection is gone.
    func send(_ bytes: ByteBuffer) -> EventLoopFuture<Void>? {
        context?.writeAndFlush(NIOAny(bytes))
    }

    /// Closes from this place: handlers nearer to the application, TLS among them, send nothing before the close.
    func close() {
        context?.close(promise: nil)
    }
}
