/// One value or member name on the tape: 16 bytes, whatever the value.
///
/// A container is followed by the entries of everything in it; an object's members are pairs of name and value.
struct TapeEntry: Sendable {
    /// Offset of the value's first byte; for a string, of its opening quote.
    var start: UInt32
    /// Offset behind the value's last byte.
    var end: UInt32
    /// How many entries the value takes on the tape, itself included.
    var extent: UInt32
    /// What the value is; a member's name is a string.
    var kind: JSONNode.Kind
    /// Whether a string contains escapes, so that its bytes differ from those in the document.
    var isEscaped: Bool

    /// The bytes of the value as they stand in the document.
    var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes between a string's quotes.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}
