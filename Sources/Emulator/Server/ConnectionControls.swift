import Foundation
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

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
        try? await channel.close()
    }

    /// Sends plaintext below HTTP, then closes in order.
    func sendAndClose(_ bytes: [UInt8]) async {
        let sent = channel.eventLoop.flatSubmit {
            plaintext.value.send(ByteBuffer(bytes: bytes)) ?? channel.eventLoop.makeSucceededVoidFuture()
        }
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
