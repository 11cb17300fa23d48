package import Basics
import HTTPTransport

/// What an unbilled GET found out about the endpoint, and which cause that points to. Pure: the exchange is made
/// elsewhere.
package struct EndpointProbe: Sendable {
    /// How it went.
    package enum Verdict: Sendable, Equatable {
        /// The API's own kind of answer; the HTTP status.
        case answered(Int)
        /// An answer that may not be the API's; why and what to do.
        case doubtful(String)
        /// No call can succeed; why and what to do.
        case refused(String)
    }

    /// The time by the server's clock, to the second; nil where it gave none.
    package let serverTimeAt: WallTime?
    /// How it went.
    package let verdict: Verdict

    /// Judges an exchange.
    ///
    /// - Parameters:
    ///   - exchange: What came of a GET for the API's resource.
    ///   - missingIssuer: Who issued the client certificate, where its file does not hold that authority's.
    init(_ exchange: HTTPExchange, missingIssuer: String?) {
        switch exchange {
        case .answered(let answer):
            serverTimeAt = answer.dateAt
            let isPage = answer.header("Content-Type")?.lowercased().contains("html") ?? false
            verdict = Self.verdict(status: answer.status, isPage: isPage, missingIssuer: missingIssuer)
        case .failed(let failure):
            serverTimeAt = nil
            verdict = .refused(Self.cause(of: failure, missingIssuer: missingIssuer))
        }
    }

    /// nginx answers a missing or wrong client certificate with its own 400, and 495 and 496 within (ngx_http_ssl_module);
    /// a GET is never a bad record.
    private static func verdict(status: Int, isPage: Bool, missingIssuer: String?) -> Verdict {
        switch status {
        case 400, 495, 496:
            .refused(certificateText("HTTP \(status)", remedy(alert: nil, missingIssuer: missingIssuer)))
        case 401, 403:
            .refused(
                certificateText(
                    "HTTP \(status)",
                    "it may be known and not admitted here: check in the portal that the project has this API, and that "
                        + "region and environment are those the certificate is registered for"))
        case 404:
            .doubtful("answers HTTP 404; check the path of api.base_url, or its region")
        case 500...:
            .doubtful(
                "answers HTTP \(status)\(isPage ? " with a web page" : ""): it, or a proxy before it, is failing now; try "
                    + "again later")
        case ..<400:
            .doubtful(
                "answers a GET with HTTP \(status)\(isPage ? " and a web page" : ""), as the API does not: something else "
                    + "stands there, or a proxy in between; check api.base_url and api.proxy")
        default: .answered(status)
        }
    }

    private static func cause(of failure: HTTPFailure, missingIssuer: String?) -> String {
        switch failure.kind {
        case .certificateRefused, .certificateRefusedLater:
            let how = failure.tlsAlert.map { "TLS alert \($0)\(alertName($0))" } ?? "in the handshake"
            return certificateText(how, remedy(alert: failure.tlsAlert, missingIssuer: missingIssuer))
        case .serverCertificate:
            return "is not trusted: \(failure.message) \(serverRemedy(failure.message))"
        default: return "is not reached: \(failure.message)"
        }
    }

    private static func certificateText(_ how: String, _ remedy: String) -> String {
        "refuses the client certificate (\(how)): \(remedy)"
    }
}

extension EndpointProbe {
    /// The names of RFC 8446 §6.2.
    private static func alertName(_ alert: Int) -> String {
        let names = [
            40: "handshake failure", 42: "bad certificate", 43: "unsupported certificate", 44: "certificate revoked",
            45: "certificate expired", 46: "certificate unknown", 47: "illegal parameter", 48: "unknown CA",
            49: "access denied", 51: "decrypt error", 116: "certificate required",
        ]
        return names[alert].map { ", \($0)" } ?? ""
    }

    /// What an alert about our certificate asks for.
    private static func remedy(alert: Int?, missingIssuer: String?) -> String {
        switch alert {
        case 43: "it is not meant for clients of TLS (clientAuth); give the client certificate that the portal issued"
        case 44: "it was revoked; get a new one from the portal"
        case 45: "it has expired by the server's clock; renew it in the portal, or set this machine's clock (NTP)"
        case 49: "it is known and not admitted; check in the portal that the project has this API"
        default:
            if let missingIssuer {
                "it was issued by \(missingIssuer), which its file does not hold: if the server does not know that "
                    + "authority, append the certificates that came with yours; else check that it is the one registered in "
                    + "the portal for this environment and region"
            } else {
                "check that api.client_certificate is the one registered in the portal for this environment and region"
            }
        }
    }

    /// Of why a server's certificate is not trusted, what libcurl's words tell (they are OpenSSL's, man 3
    /// X509_STORE_CTX_get_error).
    private static func serverRemedy(_ words: String) -> String {
        if words.contains("expired") || words.contains("not yet valid") {
            return "This machine's clock may be wrong: set it (NTP)."
        }
        if words.contains("subject name") || words.contains("does not match") {
            return "The address leads to another server: check api.base_url."
        }
        return
            "Either api.ca_certificates does not hold the API's authority, or a proxy in between opens TLS and shows a "
            + "certificate of its own: have the API's address exempted from that."
    }
}
