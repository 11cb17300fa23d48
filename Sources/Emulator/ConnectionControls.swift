import Foundation
import NIOCore

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

    /// Resets the connection: RST, no TLS farewell.
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
