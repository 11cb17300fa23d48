import NIOCore
import NIOPosix

/// One connection of a `ConnectProxy`: reads the CONNECT, then passes bytes on.
final class ProxyConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let refusal: Int?
    private let counter: ConnectCounter
    private var received: [UInt8] = []
    private var target: (any Channel)?

    init(refusal: Int?, counter: ConnectCounter) {
        self.refusal = refusal
        self.counter = counter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let target { return target.writeAndFlush(buffer, promise: nil) }
        received.append(contentsOf: buffer.readableBytesView)
        guard let (head, _) = RequestReader.takeRequest(from: &received) else { return }
        counter.increment()
        if let refusal { return answer("HTTP/1.1 \(refusal) Refused\r\nContent-Length: 0\r\n\r\n", context) }
        connect(head, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        target?.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func connect(_ head: String, _ context: ChannelHandlerContext) {
        let port = head.split(separator: " ").dropFirst().first?.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let client = context.channel
        let made = ClientBootstrap(group: context.eventLoop)
            .channelInitializer { target in
                target.eventLoop.makeCompletedFuture {
                    try target.pipeline.syncOperations.addHandler(TunnelEnd(client: client))
                }
            }
            .connect(host: "127.0.0.1", port: port)
        made.assumeIsolated().whenComplete { result in
            guard let target = try? result.get() else {
                return self.answer("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", context)
            }
            self.target = target
            self.answer("HTTP/1.1 200 Connection established\r\n\r\n", context)
        }
    }

    private func answer(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
