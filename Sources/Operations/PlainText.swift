/// Text from outside, such as the name of a file, as a terminal or a line of a log may have it.
enum PlainText {
    /// The text with a question mark in place of each control character but line ends and tabs (Unicode category Cc).
    static func lines(_ text: String) -> String { replaced(text) { $0 != "\n" && $0 != "\t" } }

    private static func replaced(_ text: String, where isRefused: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: { isControl($0) && isRefused($0) }) else { return text }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { plain.append(isControl(scalar) && isRefused(scalar) ? "?" : scalar) }
        return String(plain)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}
