import Basics

/// What is asked of the administration, as far as it decides the answer.
struct AdminRequest: Sendable {
    /// `GET`, `HEAD` and so on.
    var method: String
    /// The path without a query, as it came.
    var path: String
    /// The value of `Authorization`; nil where there is none.
    var authorization: String?
}

/// An answer of the administration.
struct AdminAnswer: Sendable, Equatable {
    /// Of HTTP.
    var status: Int
    /// Plain text; it never holds what records hold.
    var text: String
    var contentType = "text/plain; charset=utf-8"
    /// Fields besides those that every answer has.
    var fields: [String: String] = [:]

    static let healthy = AdminAnswer(status: 200, text: "ok\n")

    /// Only reading is possible.
    static let readOnly = AdminAnswer(
        status: 405, text: "only GET and HEAD are answered here\n", fields: ["Allow": "GET, HEAD"])

    static let unknownPath = AdminAnswer(
        status: 404, text: "there are /metrics, /healthz and /readyz here\n")

    /// No token, or none that is good.
    static var noToken: AdminAnswer {
        AdminAnswer(
            status: 401, text: "a token is needed (Authorization: Bearer TOKEN); \(Hint.adminToken) makes one\n",
            fields: ["WWW-Authenticate": "Bearer realm=\"rollcall\""])
    }

    /// So many wrong tokens that somebody may be guessing.
    static let tooManyTries = AdminAnswer(
        status: 429, text: "too many wrong tokens; wait a minute\n", fields: ["Retry-After": "60"])

    /// The daemon cannot do its work just now.
    static func notReady(_ reason: String) -> AdminAnswer { AdminAnswer(status: 503, text: "\(reason)\n") }

    /// Metrics as Prometheus reads them.
    static func metrics(_ text: MetricsText) -> AdminAnswer {
        AdminAnswer(status: 200, text: text.text, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }
}
