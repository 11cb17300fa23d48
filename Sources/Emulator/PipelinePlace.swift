import NIOCore

/// Holds a place in a connection's pipeline, so that something can act from there; passes everything on.
///
/// On the event loop only, like every channel handler.
final class PipelineSlot: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private let closesWithPeer: Bool

    /// - Parameter closesWithPeer: close at once when the peer has closed its side. An HTTP/1.1 client that
    ///   closed is not waiting for an answer any more, so a call that hangs can end.
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

    /// Closes from this place: handlers nearer to the application, TLS among them, send no farewell.
    func close() {
        context?.close(promise: nil)
    }
}
