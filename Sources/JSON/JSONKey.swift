/// A member's name, escaped once and written often.
public struct JSONKey: Sendable {
    /// The name with quotes and the colon behind it.
    let written: [UInt8]

    /// Prepares a name.
    public init(_ name: String) {
        var writer = JSONWriter()
        writer.key(name)
        written = writer.bytes
    }
}
