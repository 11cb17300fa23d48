import NIOCore
import NIOPosix

/// An HTTP proxy on the loopback that knows CONNECT alone.
package final class ConnectProxy: Sendable {
    private let channel: any Channel
    private let counter: ConnectCounter

    /// The port the proxy listens on, on 127.0.0.1.
    package var port: Int { channel.localAddress?.port ?? 0 }
    /// The proxy's URL.
    package var url: String { "http://127.0.0.1:\(port)" }
    /// The number of CONNECT requests read.
    package var connectCount: Int { counter.count }

    /// Starts a proxy.
    ///
    /// - Parameter refusal: The status every CONNECT is answered with; nil: a tunnel is made.
    /// - Throws: Whatever NIO reports.
    package init(refusal: Int? = nil) async throws {
        let counter = ConnectCounter()
        self.counter = counter
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProxyConnection(refusal: refusal, counter: counter))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Stops listening; tunnels end with their ends.
    package func stop() async {
        try? await channel.close().get()
    }
}
