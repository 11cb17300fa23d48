import JSON

/// An answer without insights: a status with the API's `Errors` envelope.
struct ErrorAnswer: Sendable, Equatable {
    /// How `Recoverable` is written; some gateways write a string.
    enum Recoverable: Sendable, Equatable {
        case boolean(Bool)
        case text(String)
    }

    var status: Int
    var source = "IIA"
    var reasonCode: String
    var description: String
    var recoverable = Recoverable.boolean(false)
    var details: String?
    /// How the `Retry-After` header is written.
    enum Wait: Sendable, Equatable {
        case seconds(Int)
        case text(String)
        /// A date this many seconds from now.
        case until(Int)

        /// The header's value.
        var field: String {
            switch self {
            case .seconds(let seconds): String(seconds)
            case .text(let text): text
            case .until(let seconds): DateField.after(seconds)
            }
        }
    }

    /// What the `Retry-After` header says; it is left out if this is nil.
    var retryAfter: Wait?
    /// Whether a byte order mark stands before the body.
    var isMarked = false

    /// The body: `{"Errors":{"Error":[…]}}`.
    var body: [UInt8] {
        isMarked ? [0xEF, 0xBB, 0xBF] + envelope : envelope
    }

    private var envelope: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("Errors")
        writer.beginObject()
        writer.key("Error")
        writer.beginArray()
        writeError(to: &writer)
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private func writeError(to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in [("Source", source), ("ReasonCode", reasonCode), ("Description", description)] {
            writer.key(key)
            writer.string(value)
        }
        writer.key("Recoverable")
        switch recoverable {
        case .boolean(let value): writer.boolean(value)
        case .text(let value): writer.string(value)
        }
        if let details {
            writer.key("Details")
            writer.string(details)
        }
        writer.endObject()
    }
}

extension ErrorAnswer {
    /// The request breaks field rules; `paths` are the fields' API paths.
    static func invalid(paths: [String]) -> Self {
        Self(
            status: 400, reasonCode: "VALIDATION_ERROR", description: "Invalid Format",
            details: paths.isEmpty ? nil : paths.joined(separator: ", "))
    }

    /// What a careless server writes: every text of the error repeats the record's values.
    static func echo(of request: OpenedRequest?, status: Int) -> Self {
        var values: [String] = []
        request?.document.root.forEachLeafPath { _, leaf in values.append(leaf.string ?? "") }
        let text = values.joined(separator: " ")
        return Self(
            status: status, source: text, reasonCode: values.first ?? "ECHO", description: "Cannot accept \(text)",
            details: values.joined(separator: ", "))
    }

    /// The body is no envelope with a JWE the emulator can decrypt; `details` says what of it is wrong.
    static func undecryptable(_ details: String) -> Self {
        Self(
            status: 400, source: "Gateway", reasonCode: "DECRYPTION_ERROR",
            description: "The encrypted payload could not be decrypted", details: details)
    }

    /// The local part of the email names a scenario the emulator does not have.
    static let unknownScenario = Self(
        status: 400, source: "Emulator", reasonCode: "UNKNOWN_SCENARIO",
        description: "The emulator has no scenario of this name, see the emulator's --help", details: "user.email")

    /// There is nothing at this path.
    static let notFound = Self(
        status: 404, source: "Gateway", reasonCode: "NOT_FOUND", description: "No such resource")

    /// The path is right but the method is not.
    static let methodNotAllowed = Self(
        status: 405, source: "Gateway", reasonCode: "METHOD_NOT_ALLOWED", description: "Use POST")

    /// The request is larger than any record can be.
    static let tooLarge = Self(
        status: 413, source: "Gateway", reasonCode: "PAYLOAD_TOO_LARGE", description: "The request is too large")

    /// The emulator's own log of calls cannot be written: it must not answer a call that it has not counted.
    static let logFailed = Self(
        status: 500, source: "Emulator", reasonCode: "LOG_FAILED", description: "The log of calls cannot be written")

    /// The envelope that belongs to a status, as the API or its gateway words it.
    static func status(_ status: Int, retryAfter seconds: Int? = nil) -> Self {
        self.status(status, waiting: seconds.map { .seconds($0) })
    }

    /// The same with a `Retry-After` header as it is written.
    static func status(_ status: Int, waiting wait: Wait?) -> Self {
        let known: (source: String, code: String, text: String, recoverable: Bool) =
            switch status {
            case 400: ("IIA", "VALIDATION_ERROR", "Invalid Format", false)
            case 401: ("IIA", "UNAUTHORIZED_REQUEST", "Unauthorized request", false)
            case 403: ("Gateway", "FORBIDDEN", "The client may not use this resource", false)
            case 404: ("Gateway", "NOT_FOUND", "No such resource", false)
            case 413: ("Gateway", "PAYLOAD_TOO_LARGE", "The request is too large", false)
            case 422: ("Gateway", "UNPROCESSABLE", "The request cannot be processed", false)
            case 425: ("Gateway", "TOO_EARLY", "The request came too early", true)
            case 429: ("Gateway", "LIMIT_EXCEEDED", "Too many requests", true)
            case 500: ("IIA", "SYSTEM_ERROR", "Internal error", true)
            case 502: ("Gateway", "BAD_GATEWAY", "The service behind the gateway answered badly", true)
            case 503: ("IIA", "SERVICE_UNAVAILABLE", "The service is not available at the moment", true)
            case 504: ("Gateway", "GATEWAY_TIMEOUT", "The service behind the gateway did not answer", true)
            default: ("Gateway", "ERROR", "The request was not served", false)
            }
        return Self(
            status: status, source: known.source, reasonCode: known.code, description: known.text,
            recoverable: .boolean(known.recoverable), details: status == 400 ? "user.email" : nil,
            retryAfter: wait)
    }
}
