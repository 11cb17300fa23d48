/// What a server says in a code or an id is kept in clear only when it looks like one: a gateway may put anything there.
enum PlainToken {
    private static let longest = 128
    private static let longestCode = 64

    /// The text when it has the form of a reason code, letters, digits and `_`, at most 64; else nil.
    static func code(_ text: String?) -> String? {
        guard let text = only(text), text.utf8.count <= longestCode, !text.utf8.contains(where: isMark) else {
            return nil
        }
        return text
    }

    /// The text when it is a token of letters, digits, `.`, `_`, `:` and `-`; else nil.
    static func only(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= longest, text.utf8.allSatisfy(isPlain) else { return nil }
        return text
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
