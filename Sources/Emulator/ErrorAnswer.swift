import JSON

/// An answer that is no insight: a status with the API's `Errors` envelope.
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
        /// A date so many seconds ahead.
        case until(Int)

        /// The header's value.
        var field: String {
            switch self {
            case .seconds(let seconds): String(seconds)
            case .text(let text): text
            case .until(let seconds): HTTPDate.after(seconds)
            }
        }
    }

    /// What the `Retry-After` header says; it is left out where this is nil.
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
