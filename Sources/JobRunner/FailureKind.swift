/// Why a call ended without an answer; the raw value is the ledger's word for the cause.
public enum FailureKind: String, Sendable, CaseIterable {
    /// No connection could be made: name not found, refused, no route, timed out while connecting.
    case couldNotConnect = "could_not_connect"
    /// The proxy does not let us through (403, 407 to CONNECT).
    case proxyRefused = "proxy_refused"
    /// The TLS handshake failed for a reason that is neither side's certificate.
    case tlsHandshake = "tls_handshake"
    /// The other side refused our certificate (TLS alerts 40–49, 51 and 116) on a connection that never answered.
    case certificateRefused = "certificate_refused"
    /// The same on a connection that had answered before.
    case certificateRefusedLater = "certificate_refused_later"
    /// We refuse the other side's certificate: its name, its issuer or its dates.
    case serverCertificate = "server_certificate"
    /// The connection was closed or reset before the answer was whole.
    case reset
    /// No whole answer within the request's time limit.
    case timedOut = "timed_out"
    /// The answer ended short of what it announced.
    case truncated
    /// The answer's header was larger than allowed.
    case oversized
    /// This side gave the call up, because the run is being abandoned.
    case cancelled
    /// Anything else.
    case other
}
