/// A whole HTTP answer.
public struct HTTPAnswer: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields of the final response (not those of a 1xx before it).
    public let headers: HTTPHeaders
    /// The body as received, at most `HTTPTransportConfiguration.maximumAnswerBytes` long.
    public let body: [UInt8]
    /// The time from `send` to the last byte of the answer.
    public let duration: Duration
    /// Whether the request went over a connection that had carried one before.
    public let reusedConnection: Bool

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The body's bytes.
    ///   - duration: The time from `send` to the last byte.
    ///   - reusedConnection: Whether the connection had carried a request before.
    public init(
        status: Int, headers: HTTPHeaders = HTTPHeaders([]), body: [UInt8] = [], duration: Duration = .zero,
        reusedConnection: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.duration = duration
        self.reusedConnection = reusedConnection
    }

    /// The value of the first header field of that name.
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The value without surrounding white space, or nil if there is no such field.
    public func header(_ name: String) -> String? {
        headers.value(of: name)
    }

    /// The values of all header fields of that name, in their order.
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The values without surrounding white space; none if there is no such field.
    public func headers(_ name: String) -> [String] {
        headers.values(of: name)
    }

    /// The server's clock by its `Date` header (RFC 9110 §6.6.1), in milliseconds since 1970 UTC, to the second.
    /// Nil if there is no such header or it is no date.
    public var dateAt: Int64? {
        header("Date").flatMap { HTTPDate.milliseconds(from: $0) }
    }
}
