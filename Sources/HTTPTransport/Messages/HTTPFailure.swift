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
