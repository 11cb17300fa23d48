/// One parsed JSON document: the bytes as received and a tape of small fixed-size entries over them.
///
/// The parser follows RFC 8259 to the letter and is stricter where the RFC leaves a choice: no duplicate members
/// (compared unescaped), no byte order mark, no lone surrogates, UTF-8 well formed, depth bounded.
public struct JSONDocument: Sendable {
    let storage: JSONStorage

    /// Nesting deeper than this is refused whatever the caller allows, so that walking a document is safe on any stack.
    public static let greatestDepth = 512

    /// Parses exactly one document; nothing but white space may stand around its value.
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
