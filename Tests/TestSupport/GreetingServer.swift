import NIOCore
import NIOPosix

/// A server on the loopback that does not speak TLS: it greets as mail servers do, or resets each connection once the
/// first bytes of a handshake are there.
package final class GreetingServer: Sendable {
    private let channel: any Channel

    /// The port it listens on, on 127.0.0.1.
    package var port: Int { channel.localAddress?.port ?? 0 }

    /// Starts a server.
    ///
    /// - Parameter resets: Whether connections are reset instead of greeted.
    /// - Throws: Whatever NIO reports.
    package init(resets: Bool) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let end = ConnectionEnd()
                    try channel.pipeline.syncOperations.addHandlers([end, Greeter(end, resets: resets)])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Stops listening.
    package func stop() async {
        try? await channel.close().get()
    }
}

/// One connection of a `GreetingServer`.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let end: ConnectionEnd
    private let resets: Bool

    init(_ end: ConnectionEnd, resets: Bool) {
        self.end = end
        self.resets = resets
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !resets else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mail.example.com ESMTP\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if resets { end.reset() } else { end.close() }
    }
}
