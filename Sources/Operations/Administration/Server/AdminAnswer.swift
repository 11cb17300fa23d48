/// An answer of the administration; it never holds what records hold, but for ids where the settings show them.
struct AdminAnswer: Sendable, Equatable {
    /// What is sent.
    enum Body: Sendable, Equatable {
        case text(String)
        /// A file with its size in bytes.
        case file(String, byteCount: Int)
        /// A stream that lasts as long as somebody listens.
        case events
    }

    /// Of HTTP.
    var status: Int
    var body: Body
    var contentType = "text/plain; charset=utf-8"
    /// Fields besides those that every answer has.
    var fields: [String: String] = [:]

    init(status: Int, text: String, contentType: String = "text/plain; charset=utf-8", fields: [String: String] = [:]) {
        (self.status, body, self.contentType, self.fields) = (status, .text(text), contentType, fields)
    }

    private init(status: Int, body: Body, contentType: String, fields: [String: String] = [:]) {
        (self.status, self.body, self.contentType, self.fields) = (status, body, contentType, fields)
    }

    /// The text, where it is one.
    var text: String { if case .text(let text) = body { text } else { "" } }
}

extension AdminAnswer {
    static let healthy = AdminAnswer(status: 200, text: "ok\n")
    static let unknownPath = AdminAnswer(status: 404, text: "there is nothing at this address\n")
    static let brokenRequest = AdminAnswer(status: 400, text: "this request is not written as it should be\n")
    static let bodyTooLong = AdminAnswer(status: 413, text: "this is more than is taken here\n")
    static let noRoom = AdminAnswer(
        status: 507, text: "the disk that holds the database has too little room for this file; make some\n")
    static let otherOrigin = AdminAnswer(
        status: 403, text: "this did not come from a page of this address; reload the page and try again\n")
    static let onlyOperators = AdminAnswer(status: 403, text: "this takes the token of an operator\n")

    /// A method that makes no sense at an address.
    static func notAllowed(_ methods: String) -> AdminAnswer {
        AdminAnswer(status: 405, text: "only \(methods) can be used here\n", fields: ["Allow": methods])
    }

    /// No token, or none that is good.
    static var noToken: AdminAnswer {
        AdminAnswer(
            status: 401, text: "a token is needed (Authorization: Bearer TOKEN); whoever runs the daemon has one\n",
            fields: ["WWW-Authenticate": "Bearer realm=\"rollcall\""])
    }

    /// So many wrong tokens that somebody may be guessing.
    static let tooManyTries = AdminAnswer(
        status: 429, text: "too many wrong tokens; wait a minute\n", fields: ["Retry-After": "60"])

    /// Another file is being taken in: each may take much memory.
    static let uploadUnderWay = AdminAnswer(
        status: 429, text: "another file is being looked through; try again in a moment\n",
        fields: ["Retry-After": "5"])

    /// The daemon cannot do its work just now.
    static func notReady(_ reason: String) -> AdminAnswer { AdminAnswer(status: 503, text: "\(reason)\n") }

    /// Metrics as Prometheus reads them.
    static func metrics(_ text: MetricsText) -> AdminAnswer {
        AdminAnswer(status: 200, text: text.text, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    /// A page.
    static func page(_ html: String, status: Int = 200) -> AdminAnswer {
        AdminAnswer(status: status, text: html, contentType: "text/html; charset=utf-8")
    }

    /// What a command prints with `--json`.
    static func json(_ value: some Encodable, status: Int = 200) -> AdminAnswer {
        AdminAnswer(status: status, text: JSONText.text(of: value) + "\n", contentType: "application/json")
    }

    /// Another page is to be shown, by GET (RFC 9110 §15.4.4).
    static func seeOther(_ path: String, fields: [String: String] = [:]) -> AdminAnswer {
        AdminAnswer(status: 303, text: "", fields: fields.merging(["Location": path]) { $1 })
    }

    /// A file to be stored, or shown where it is the report.
    static func file(_ path: String, byteCount: Int, contentType: String, fields: [String: String]) -> AdminAnswer {
        AdminAnswer(
            status: 200, body: .file(path, byteCount: byteCount), contentType: contentType, fields: fields)
    }

    /// Server-sent events (HTML, 'Server-sent events').
    static let events = AdminAnswer(status: 200, body: .events, contentType: "text/event-stream")
}
