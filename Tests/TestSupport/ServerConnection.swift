import NIOCore

/// One connection of a `ScriptedServer`: reads requests one after another and reacts to each.
final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let state: ServerState
    private let tcp: ConnectionEnd
    private var context: ChannelHandlerContext?
    private var number = 0
    private var requestCount = 0
    private var heldCount = 0
    private var received: [UInt8] = []

    init(state: ServerState, end: ConnectionEnd) {
        self.state = state
        tcp = end
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        number = state.opened(OpenConnection(eventLoop: context.eventLoop, connection: bound))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.closed(number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A handshake refused or an end without close_notify is what tests are about; NIOSSL closes by itself.
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if received.isEmpty, let ending = state.interruption() { return end(ending) }
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        while let (head, body) = RequestReader.takeRequest(from: &received) {
            requestCount += 1
            react(
                state.script(
                    state.read(connection: number, numberOnConnection: requestCount, head: head, body: body)))
        }
    }

    func answerHeld(_ body: [UInt8]) {
        for _ in 0..<heldCount { react(.answer(body: body)) }
        heldCount = 0
    }

    func end(_ ending: ScriptedServer.Ending) {
        switch ending {
        case .closeNotify: context?.close(promise: nil)
        case .fin: tcp.close()
        case .reset: tcp.reset()
        }
    }

    private func react(_ reaction: ScriptedServer.Reaction) {
        switch reaction {
        case .answer(let status, let headers, let body):
            let fields = (headers + [("Content-Length", "\(body.count)")]).map { "\($0): \($1)\r\n" }.joined()
            write(Array("HTTP/1.1 \(status) Status\r\n\(fields)\r\n".utf8) + body, then: nil)
        case .raw(let bytes, let ending): write(bytes, then: ending)
        case .end(let ending): end(ending)
        case .drip(let first, let rest):
            write(first, then: nil)
            drip(rest[...])
        case .hold: heldCount += 1
        }
    }

    private func drip(_ bytes: ArraySlice<UInt8>) {
        guard let context, let first = bytes.first else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [first])), promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { self.drip(bytes.dropFirst()) }
    }

    private func write(_ bytes: [UInt8], then ending: ScriptedServer.Ending?) {
        guard let context else { return }
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
        guard let ending else { return }
        written.assumeIsolated().whenComplete { _ in self.end(ending) }
    }
}
