package import Basics

/// One request, below the transport's base URL.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// What is appended to the base URL: empty, or an origin-form path that starts with `/`.
    package var path: String
    /// Header fields, sent in this order; `Host`, `Content-Length` and `Accept: */*` come from libcurl.
    package var headers: [(String, String)]
    /// The body; ignored for `GET`.
    package var body: [UInt8]
    /// After this time none of it is sent: looked at when the connection is ready and libcurl is about to send. Nil:
    /// whenever that is.
    package var latestStart: ContinuousClock.Instant?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: What is appended to the base URL: empty, or a path that starts with `/`.
    ///   - headers: Header fields as name and value.
    ///   - body: The body's bytes.
    ///   - latestStart: After this time none of it is sent; nil: it may be at any time.
    package init(
        method: HTTPMethod, path: String, headers: [(String, String)] = [], body: [UInt8] = [],
        latestStart: ContinuousClock.Instant? = nil
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.latestStart = latestStart
    }

    /// The rule of RFC 9112 §3.2.1 or RFC 9110 §5.5 that this request breaks, nil if none: a line break in a field
    /// would otherwise let a value inject header lines.
    var brokenRule: String? {
        if !path.isEmpty, !path.hasPrefix("/") || path.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            return "The path of a request must start with '/' and hold visible ASCII only."
        }
        let isFine = headers.allSatisfy { name, value in
            !name.isEmpty && name.utf8.allSatisfy(Self.isTokenByte)
                && value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
        }
        return isFine ? nil : "A header field of the request holds a byte that RFC 9110 does not allow there."
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// The methods Rollcall uses: `GET` for `doctor`, `POST` for calls.
package enum HTTPMethod: Sendable {
    /// A request without a body; nothing is billed for it.
    case get
    /// A request with a body.
    case post
}

/// A whole HTTP answer.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// The header fields of the final response (not those of a 1xx before it).
    package let headers: HTTPHeaders
    /// The body as received, at most `HTTPTransportConfiguration.maximumAnswerBytes` long.
    package let body: [UInt8]
    /// The time from `send` to the last byte of the answer.
    package let duration: Duration
    /// Whether the request went over a connection that had carried one before.
    package let reusedConnection: Bool

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: The header fields.
    ///   - body: The body's bytes.
    ///   - duration: The time from `send` to the last byte.
    ///   - reusedConnection: Whether the connection had carried a request before.
    package init(
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
    package func header(_ name: String) -> String? {
        headers.value(of: name)
    }

    /// The values of all header fields of that name, in their order.
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The values without surrounding white space; none if there is no such field.
    package func headers(_ name: String) -> [String] {
        headers.values(of: name)
    }

    /// The server's clock by its `Date` header (RFC 9110 §6.6.1), to the second.
    /// Nil if there is no such header or it is no date.
    package var dateAt: WallTime? {
        header("Date").flatMap { HTTPDate.time(from: $0) }
    }
}

/// How one `HTTPTransport.send(_:)` ended.
package enum HTTPExchange: Sendable {
    /// A whole HTTP answer came back, regardless of its status.
    case answered(HTTPAnswer)
    /// No whole answer came back.
    case failed(HTTPFailure)
}

/// The header fields of an answer, kept as the bytes that came and read on demand.
package struct HTTPHeaders: Sendable {
    /// Status line and field lines, each with its line end.
    private let lines: [UInt8]

    /// Makes header fields from the lines of an answer.
    ///
    /// - Parameter lines: The status line and the field lines as received, each with its line end.
    package init(lines: [UInt8]) {
        self.lines = lines
    }

    /// Makes header fields from names and values.
    ///
    /// - Parameter fields: Names and values, in order.
    package init(_ fields: [(String, String)]) {
        lines = fields.flatMap { Array("\($0): \($1)\r\n".utf8) }
    }

    /// The value of the first field of that name, without surrounding white space (RFC 9110 §5.5).
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The value, or nil if there is no such field.
    package func value(of name: String) -> String? {
        var first: String?
        forEachValue(of: name) { value in
            first = value
            return false
        }
        return first
    }

    /// The values of all fields of that name, in their order: a list may be spread over several (RFC 9110 §5.3).
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The values, each without surrounding white space.
    package func values(of name: String) -> [String] {
        var values: [String] = []
        forEachValue(of: name) { value in
            values.append(value)
            return true
        }
        return values
    }

    /// Calls `body` with each value until it asks to stop.
    private func forEachValue(of name: String, _ body: (String) -> Bool) {
        let wanted = Array(name.utf8)
        var rest = lines[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            if Self.isField(line, named: wanted) {
                let value = String(decoding: Self.trimmed(line.dropFirst(wanted.count + 1)), as: UTF8.self)
                guard body(value) else { return }
            }
            rest = rest[end...].dropFirst()
        }
    }

    private static func isField(_ line: ArraySlice<UInt8>, named name: [UInt8]) -> Bool {
        line.count > name.count && line[line.startIndex + name.count] == UInt8(ascii: ":")
            && zip(line, name).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var rest = value.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}

/// Why no whole answer came back, and whether the call may have been made all the same.
package struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, CaseIterable {
        /// No connection: name not found, refused, unreachable, connect timeout, or the proxy made none.
        case couldNotConnect
        /// The proxy refuses to connect us: 403 or 407 to our CONNECT.
        case proxyRefused
        /// The TLS handshake failed, for no reason that concerns a certificate.
        case tlsHandshake
        /// The server refused our certificate or our lack of one (TLS alerts 40 to 49, 51, 116), or OpenSSL would not
        /// use it, on a connection that never answered. Under TLS 1.3 this can come after the request left: it was
        /// refused nevertheless.
        case certificateRefused
        /// The same alert on a connection that had answered before: the request may have been processed.
        case certificateRefusedLater
        /// We refused the server's certificate: name, issuer or dates.
        case serverCertificate
        /// The connection ended before a single line of an answer.
        case reset
        /// The request timeout passed.
        case timedOut
        /// The connection ended inside the answer.
        case truncated
        /// The answer's header or body exceeded its cap; the rest was not read. `head` is set where its header is
        /// whole.
        case oversized
        /// The task was cancelled or the transport shut down.
        case cancelled
        /// Anything else, such as an answer that is not HTTP, or a transport that has failed.
        case other
    }

    /// What happened.
    package let kind: Kind
    /// Whether any byte of the request may have left; if false, it provably did not (a proxy's CONNECT is no part of it).
    package let mayHaveLeft: Bool
    /// One sentence that says what is wrong and what to do; it never holds a value of a record.
    package let message: String
    /// The time from `send` to the failure.
    package let duration: Duration
    /// The TLS alert the server sent (RFC 8446 §6), if that is what ended the connection.
    package let tlsAlert: Int?
    /// The status and header of an answer whose body was too large to be read; its own body is empty.
    package let head: HTTPAnswer?

    /// Makes a failure.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - mayHaveLeft: Whether any byte of the request may have left.
    ///   - message: One sentence that says what is wrong and what to do.
    ///   - duration: The time from `send` to the failure.
    ///   - tlsAlert: The TLS alert the server sent, if any.
    ///   - head: Status and header of an answer whose body was too large.
    package init(
        kind: Kind, mayHaveLeft: Bool, message: String, duration: Duration = .zero, tlsAlert: Int? = nil,
        head: HTTPAnswer? = nil
    ) {
        self.kind = kind
        self.mayHaveLeft = mayHaveLeft
        self.message = message
        self.duration = duration
        self.tlsAlert = tlsAlert
        self.head = head
    }

    package var description: String { message }
}

extension HTTPFailure {
    /// One sentence for each kind. `detail` is libcurl's own text; it must not quote what the server sent.
    static func message(for kind: Kind, alert: Int?, detail: String) -> String {
        switch kind {
        case .couldNotConnect:
            "No connection could be made (\(detail)): check the base URL, the proxy and the network."
        case .proxyRefused:
            "The proxy does not let us through (\(detail)): check proxy, its user and password, and what it allows."
        case .tlsHandshake:
            "The TLS handshake failed (\(detail)): check the base URL and that the server speaks TLS 1.2 or later."
        case .certificateRefused:
            "The server refused the client certificate (\(alert.map { "TLS alert \($0)" } ?? detail)): "
                + "check that client_certificate is the one registered for this endpoint and has not expired."
        case .certificateRefusedLater:
            "The server ended a connection that it had answered on with TLS alert "
                + "\(alert.map(String.init) ?? "about a certificate"): the call may have gone through."
        case .serverCertificate:
            "The server's certificate is not to be trusted (\(detail)): check the base URL and ca_certificates."
        case .reset: "The connection ended before an answer came: see whether the server or a proxy is failing."
        case .timedOut: "No whole answer came within the request timeout: see whether the server is slow."
        case .truncated: "The connection ended inside the answer: see whether the server or a proxy is failing."
        case .oversized: "The answer is larger than allowed: check that the base URL is the API's."
        case .cancelled: "The request was cancelled."
        case .other: "The exchange failed (\(detail)): check that the base URL is the API's."
        }
    }
}
