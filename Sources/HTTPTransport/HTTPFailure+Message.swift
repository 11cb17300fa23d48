extension HTTPFailure {
    /// One sentence for each kind. `detail` is libcurl's own word; it must not quote what the server sent.
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
