/// How the text of the insights differs from the JSON that the API documents, before it is encrypted.
enum AnswerShape: String, Sendable, CaseIterable {
    /// A string with one half of a surrogate pair.
    case lone
    /// A member twice.
    case dup
    /// A number that is not a number.
    case nan
    /// A byte order mark before it.
    case bom
    /// An array in an array, a hundred times.
    case deep
    /// JSON in which no insights can be found.
    case unknown
    /// Not JSON at all.
    case nojson
    /// The API's error body, under status 200.
    case errors

    /// The description in `--help`.
    var meaning: String {
        switch self {
        case .lone: "200, a string holds a lone surrogate"
        case .dup: "200, a member is there twice"
        case .nan: "200, a number is NaN"
        case .bom: "200, a byte order mark before the JSON"
        case .deep: "200, nested 100 deep"
        case .unknown: "200, of a shape that nobody knows"
        case .nojson: "200, encrypted text that is no JSON"
        case .errors: "200, an encrypted error body"
        }
    }

    /// The text in this shape.
    ///
    /// - Parameters:
    ///   - insights: an object, as the API writes it.
    ///   - requestRefID: its identifier.
    /// - Returns: the text to be encrypted.
    func text(of insights: [UInt8], requestRefID: String) -> [UInt8] {
        switch self {
        case .lone: Self.adding(#""note":"\ud83d""#, to: insights)
        case .dup: Self.adding(#""requestRefId":"\#(requestRefID)""#, to: insights)
        case .nan: Self.adding(#""score":NaN"#, to: insights)
        case .bom: [0xEF, 0xBB, 0xBF] + insights
        case .deep:
            Self.adding(
                "\"deep\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100), to: insights)
        case .unknown: Array(#"{"requestRefId":"\#(requestRefID)","result":{"grade":"A"}}"#.utf8)
        case .nojson: Array("OK, \(requestRefID)".utf8)
        case .errors: ErrorAnswer.status(500).body
        }
    }

    private static func adding(_ member: String, to object: [UInt8]) -> [UInt8] {
        object.dropLast() + Array(",\(member)}".utf8)
    }
}

/// The gzip format (RFC 1952) around blocks that are stored and not compressed (RFC 1951 §3.2.4): a client that reads
/// gzip can read it, and to any other it is unreadable.
enum Gzip {
    /// The bytes as a gzip file of one member.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        // Magic number, deflate, no flags, no time, no extra flags, unknown system.
        var coded: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(Int(UInt16.max))
            rest = rest.dropFirst(block.count)
            coded.append(rest.isEmpty ? 1 : 0)
            append(UInt32(block.count), 2, to: &coded)
            append(~UInt32(block.count), 2, to: &coded)
            coded += block
        } while !rest.isEmpty
        append(checksum(of: bytes), 4, to: &coded)
        append(UInt32(truncatingIfNeeded: bytes.count), 4, to: &coded)
        return coded
    }

    /// CRC-32 (RFC 1952 §8).
    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    /// The low bytes of a number, the lowest first.
    private static func append(_ number: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * index))) }
    }
}
