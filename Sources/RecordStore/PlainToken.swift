/// What a server says in a code or an id is kept in clear only when it looks like one: a gateway may put anything there.
enum PlainToken {
    private static let longest = 128

    /// The text when it is a token of letters, digits, `.`, `_`, `:` and `-`; else nil.
    static func only(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= longest, text.utf8.allSatisfy(isPlain) else { return nil }
        return text
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
