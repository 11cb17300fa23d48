import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTPS server on the loopback that counts the requests it reads and reacts to each as its script says.
package final class ScriptedServer: Sendable {
    /// What decides how a request is met.
    package typealias Script = @Sendable (SeenRequest) -> Reaction

    /// How the server ends a connection.
    package enum Ending: Sendable, CaseIterable {
        /// TLS close_notify; the TCP connection stays.
        case closeNotify
        /// TCP FIN without close_notify.
        case fin
        /// TCP RST.
        case reset
    }

    /// How the server meets a request it has read.
    package enum Reaction: Sendable {
        /// Sends a whole answer and keeps the connection.
        case answer(status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [])
        /// Sends bytes as they are, then ends the connection, or keeps it where there is no ending.
        case raw([UInt8], then: Ending?)
        /// Ends the connection without a byte of an answer.
        case end(Ending)
        /// Sends some bytes at once, then others one by one, a tenth of a second apart, and then nothing more.
        case drip(after: [UInt8], [UInt8])
        /// Neither answers nor ends the connection until `answerHeld` or `stop`.
        case hold
    }

    /// One request the server has read to its end.
    package struct SeenRequest: Sendable {
        /// Counts all requests from 1.
        package let number: Int
        /// Counts the connections from 1.
        package let connection: Int
        /// Counts the requests of this connection from 1.
        package let numberOnConnection: Int
        /// Request line and header fields.
        package let head: String
        /// The body.
        package let body: [UInt8]
    }

    private let channel: any Channel
    private let state: ServerState
    /// Held after `stop`, too, so that the server that is down is not another by then.
    private let loopbackPort: LoopbackPort

    /// The port the server listens on, on 127.0.0.1.
    package var port: Int { loopbackPort.number }

    /// The URL of this server.
    package var baseURL: String { "https://127.0.0.1:\(port)" }
    /// All requests read so far.
    package var requests: [SeenRequest] { state.requests }
    /// The number of connections whose TCP handshake was accepted.
    package var connectionCount: Int { state.connectionCount }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - tls: Certificates and versions.
    ///   - interrupting: How a request is broken off whose first bytes are there; nil: it is read to its end.
    ///   - refusingClients: Whether a client is refused for its certificate's sake, asked for each connection where
    ///     `tls` has an authority for clients; without it the authority decides.
    ///   - script: How each request is met; called on the server's thread, as the others are.
    /// - Throws: Whatever NIO reports.
    package init(
        _ tls: ServerTLS, interrupting: @escaping @Sendable () -> Ending? = { nil },
        refusingClients: (@Sendable () -> Bool)? = nil, script: @escaping Script
    ) async throws {
        let context = try NIOSSLContext(configuration: try tls.configuration())
        let state = ServerState(interruption: interrupting, script: script)
        self.state = state
        loopbackPort = try LoopbackPort(.closed)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let end = ConnectionEnd()
                    let connection = ServerConnection(state: state, end: end)
                    try channel.pipeline.syncOperations.addHandlers(
                        [end, Self.handler(context, refusingClients), connection])
                }
            }
            .bind(host: "127.0.0.1", port: loopbackPort.number).get()
    }

    private static func handler(
        _ context: NIOSSLContext, _ isRefused: (@Sendable () -> Bool)?
    ) -> NIOSSLServerHandler {
        guard let isRefused else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(context: context) { _, promise in
            promise.succeed(isRefused() ? .failed : .certificateVerified)
        }
    }

    /// Returns once that many requests have been read in all.
    ///
    /// - Parameter count: The number of requests.
    package func waitForRequests(_ count: Int) async {
        await state.waitForRequests(count)
    }

    /// Answers every request that is held.
    ///
    /// - Parameter body: The answers' body.
    package func answerHeld(body: [UInt8] = []) async {
        for connection in state.connections { await connection.answerHeld(body) }
    }

    /// Ends every connection that is open; returns when the system has been told.
    ///
    /// - Parameter ending: How.
    /// - Returns: How many there were.
    @discardableResult
    package func endConnections(_ ending: Ending) async -> Int {
        let connections = state.connections
        for connection in connections { await connection.end(ending) }
        return connections.count
    }

    /// Returns once no client of this process has a connection that looks alive to it: on a busy machine even the loopback
    /// takes a while to deliver an end, and what is sent meanwhile may have arrived for all the client knows.
    package func waitUntilClientsSeeTheEnd() async throws {
        try await waitUntil { try TCPConnections.openOwn(to: port) == 0 }
    }

    /// Stops listening and ends every connection.
    package func stop() async {
        try? await channel.close().get()
        await endConnections(.reset)
    }
}
