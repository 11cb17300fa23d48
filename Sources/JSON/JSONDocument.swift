/// One parsed JSON document: the bytes as received and a tape of small fixed-size entries over them.
///
/// The parser follows RFC 8259 strictly and is stricter still where the RFC leaves a choice: no duplicate members
/// (compared unescaped), no byte order mark, no lone surrogates, only well-formed UTF-8, bounded depth.
public struct JSONDocument: Sendable {
    let storage: JSONStorage

    /// Nesting deeper than this is refused whatever the caller allows, so that walking a document is safe on any stack.
    public static let greatestDepth = 512

    /// Parses exactly one document; only white space may surround its value.
    ///
    /// - Parameters:
    ///   - bytes: the document in UTF-8, less than 4 GiB.
    ///   - maximumDepth: how many arrays and objects may be open at once, at most `greatestDepth`.
    /// - Throws: `JSONError` with the offset and the rule broken.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        let depth = min(maximumDepth, Self.greatestDepth)
        let tape = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            var parser = JSONParser(bytes: buffer, maximumDepth: depth)
            return try parser.parse()
        }
        storage = JSONStorage(bytes: bytes, tape: tape)
    }

    /// Parses a copy of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the document in UTF-8, less than 4 GiB.
    ///   - maximumDepth: how many arrays and objects may be open at once, at most `greatestDepth`.
    /// - Throws: `JSONError` with the offset and the rule broken.
    public init(copying bytes: UnsafeRawBufferPointer, maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: [UInt8](bytes), maximumDepth: maximumDepth)
    }

    /// The document's value.
    public var root: JSONNode { JSONNode(storage: storage, index: 0) }

    /// The document as it was parsed.
    public var bytes: [UInt8] { storage.bytes }
}

/// What a document and all its nodes share: the bytes as received and the tape over them. Immutable.
final class JSONStorage: Sendable {
    let bytes: [UInt8]
    let tape: [TapeEntry]

    init(bytes: [UInt8], tape: [TapeEntry]) {
        self.bytes = bytes
        self.tape = tape
    }

    /// Calls `body` with the unescaped UTF-8 of the string at `index`; copies only where the string has escapes.
    func withString<Result>(
        at index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let entry = tape[index]
        if entry.isEscaped {
            return try unescapedString(at: index).withUnsafeBytes(body)
        }
        return try bytes.withUnsafeBytes { all in
            try body(UnsafeRawBufferPointer(rebasing: all[entry.content]))
        }
    }

    /// The unescaped UTF-8 of the string at `index`.
    func unescapedString(at index: Int) -> [UInt8] {
        let entry = tape[index]
        guard entry.isEscaped else { return Array(bytes[entry.content]) }
        return StringEscapes.unescaped(bytes[entry.content])
    }
}

/// One value or member name on the tape: 16 bytes, whatever the value.
///
/// A container is followed by the entries of everything in it; an object's members are pairs of name and value.
struct TapeEntry: Sendable {
    /// Offset of the value's first byte; for a string, of its opening quote.
    var start: UInt32
    /// Offset after the value's last byte.
    var end: UInt32
    /// How many entries the value takes on the tape, itself included.
    var extent: UInt32
    /// What the value is; a member's name is a string.
    var kind: JSONNode.Kind
    /// Whether a string contains escapes, so that its bytes differ from those in the document.
    var isEscaped: Bool

    /// The bytes of the value in the document.
    var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes between a string's quotes.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}
