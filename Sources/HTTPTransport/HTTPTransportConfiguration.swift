public import OpenSSL

/// How to reach the API. Verification of the server, TLS 1.2 or later and HTTP/1.1 are not for choosing.
public struct HTTPTransportConfiguration: Sendable {
    /// An `https` URL without user, query or fragment; a request's path is appended to it.
    public var baseURL: String
    /// Our certificate and key for mutual TLS; nil: none is shown.
    public var identity: ClientIdentity?
    /// The only CA certificates to trust, as PEM; nil: the system's.
    public var caPEM: [UInt8]?
    /// The proxy's `http` or `https` URL; nil: none, whatever the environment says.
    public var proxy: String?
    /// The longest time from a request's start to the last byte of its answer, connecting included.
    public var requestTimeout: Duration
    /// The longest time for name lookup, connection, proxy and TLS handshake together.
    public var connectTimeout: Duration
    /// The longest body of an answer, in bytes.
    public var maximumAnswerBytes: Int
    /// The longest header of an answer, in bytes, any 1xx before it included.
    public var maximumHeaderBytes: Int
    /// The most connections, and so requests under way at once; further ones wait their turn.
    public var maximumConnections: Int
    /// Connections idle for longer are not used again: keep it below the server's own idle time.
    public var maximumIdleTime: Duration

    /// Makes a configuration with the defaults of `rollcall.yaml`.
    ///
    /// - Parameter baseURL: An `https` URL.
    public init(baseURL: String) {
        self.baseURL = baseURL
        requestTimeout = .seconds(30)
        connectTimeout = .seconds(5)
        maximumAnswerBytes = 1 << 20
        maximumHeaderBytes = 64 << 10
        maximumConnections = 32
        maximumIdleTime = .seconds(45)
    }
}
