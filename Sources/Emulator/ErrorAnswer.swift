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
    /// Seconds of the `Retry-After` header, which is left out where this is nil.
    var retryAfter: Int?

    /// The body: `{"Errors":{"Error":[…]}}`.
    var body: [UInt8] {
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
