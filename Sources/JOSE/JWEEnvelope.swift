internal import JSON

/// The JSON object around a token on the wire: `{"encryptedData":"<JWE compact>"}` (the API's documents, "Body").
public enum JWEEnvelope {
    private static let opening = Array(#"{"encryptedData":""#.utf8)
    private static let closing = Array(#""}"#.utf8)

    /// A token in its envelope; base64url needs no escapes.
    public static func wrapping(_ token: [UInt8]) -> [UInt8] {
        var envelope = [UInt8]()
        envelope.reserveCapacity(opening.count + token.count + closing.count)
        envelope += opening
        envelope += token
        envelope += closing
        return envelope
    }

    /// The token in an envelope; nil where the bytes are no JSON object with a string `encryptedData`.
    public static func token(in envelope: [UInt8]) -> [UInt8]? {
        (try? JSONDocument(parsing: envelope))?.root["encryptedData"]?.stringBytes
    }

    /// The token a person handed over, bare or in its envelope, white space around it ignored.
    public static func tokenOrEnvelope(_ input: [UInt8]) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = input.firstIndex { !isSpace($0) } ?? input.endIndex
        let end = input.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        let trimmed = Array(input[start..<end])
        return trimmed.first == UInt8(ascii: "{") ? token(in: trimmed) ?? trimmed : trimmed
    }
}
