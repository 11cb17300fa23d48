import Glibc
import NIOCore

/// Stands between the socket and TLS, so that a connection can end without TLS being asked.
final class ConnectionEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// Closes the socket: FIN, or RST where data was unread.
    func close() {
        context?.close(promise: nil)
    }

    /// Closes the socket with RST.
    func reset() {
        guard let context, let options = context.channel as? any SocketOptionProvider else { return }
        // Completes at once on the connection's own thread.
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
