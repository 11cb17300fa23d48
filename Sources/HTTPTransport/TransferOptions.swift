import OpenSSL

/// A configuration checked and turned into what libcurl's options want.
struct TransferOptions: Sendable {
    /// Without a slash at its end.
    let baseURL: String
    let credentials: ConnectionCredentials
    /// Whether the authorities among the credentials take the place of the system's.
    let hasOwnAuthorities: Bool
    /// Empty: none.
    let proxy: String
    let requestTimeout: Duration
    let connectTimeoutMilliseconds: Int
    let maximumAnswerBytes: Int
    let maximumHeaderBytes: Int
    let maximumConnections: Int
    let maximumIdleSeconds: Int

    init(_ configuration: HTTPTransportConfiguration) throws {
        baseURL = try ConfiguredURL.base(configuration.baseURL)
        proxy = try configuration.proxy.map(ConfiguredURL.proxy) ?? ""
        credentials = try ConnectionCredentials(
            chainPEM: configuration.identity?.chainPEM(), keyPEM: configuration.identity?.keyPEM(),
            caPEM: configuration.caPEM)
        hasOwnAuthorities = configuration.caPEM != nil
        requestTimeout = max(.milliseconds(1), min(configuration.requestTimeout, Self.longestTimeout))
        connectTimeoutMilliseconds = configuration.connectTimeout.wholeMilliseconds
        maximumAnswerBytes = max(0, configuration.maximumAnswerBytes)
        maximumHeaderBytes = max(0, configuration.maximumHeaderBytes)
        maximumConnections = max(1, configuration.maximumConnections)
        maximumIdleSeconds = max(1, Int(min(configuration.maximumIdleTime, Self.longestTimeout).components.seconds))
    }

    /// Longer ones than this mean 'no limit' to whoever sets them; libcurl counts milliseconds in 32 bits.
    fileprivate static let longestTimeout = Duration.seconds(2_000_000)
}

extension Duration {
    /// At least 1, because 0 means 'no limit' to libcurl.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = min(self, TransferOptions.longestTimeout).components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
