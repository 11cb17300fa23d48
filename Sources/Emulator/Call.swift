import JSON

/// One line of the log of calls.
struct Call: Sendable {
    /// When the request had been read, in milliseconds since 1970 UTC.
    var at: Int64
    /// `user.account.hashedAccountId`; nil where the request could not be opened.
    var account: String?
    /// The record; nil where the request could not be opened.
    var key: RequestKey?
    /// Which call for this record it is, from 1; nil where the request could not be opened.
    var attempt: Int?
    /// The status answered, 0 for none.
    var status: Int
    /// The fault it met, nil for the ordinary way.
    var fault: String?
    var correlationID: String

    /// The line as JSON, with its newline.
    func line(number: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("n")
        writer.integer(Int64(number))
        writer.key("at")
        writer.integer(at)
        Self.write("account", account, to: &writer)
        Self.write("request", key?.hex, to: &writer)
        writer.key("attempt")
        if let attempt { writer.integer(Int64(attempt)) } else { writer.null() }
        writer.key("status")
        writer.integer(Int64(status))
        Self.write("fault", fault, to: &writer)
        Self.write("correlation_id", correlationID, to: &writer)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ key: String, _ value: String?, to writer: inout JSONWriter) {
        writer.key(key)
        if let value { writer.string(value) } else { writer.null() }
    }
}
