/// How to reach one endpoint: base URL, patience and proxy.
public struct Endpoint: Sendable {
    /// The base URL without a slash at its end, `https` only.
    public var baseURL: String
    /// Longest time for one call.
    public var requestTimeout: Duration
    /// Longest time for a connection to come up.
    public var connectTimeout: Duration
    /// The proxy's URL, which may hold a password; nil for none, whatever the environment says.
    public var proxy: String?
    /// Connections, and so calls under way at once.
    public var concurrency: Int

    /// Describes an endpoint.
    public init(
        baseURL: String, requestTimeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(5),
        proxy: String? = nil, concurrency: Int = 32
    ) {
        self.baseURL = baseURL
        self.requestTimeout = requestTimeout
        self.connectTimeout = connectTimeout
        self.proxy = proxy
        self.concurrency = concurrency
    }
}
