/// How one `HTTPTransport.send(_:)` ended.
public enum HTTPExchange: Sendable {
    /// A whole HTTP answer came back, whatever its status.
    case answered(HTTPAnswer)
    /// No whole answer came back.
    case failed(HTTPFailure)
}
