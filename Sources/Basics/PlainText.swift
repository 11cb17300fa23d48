/// Text from outside, such as the name of a file, as a terminal or a line of a log may have it: without control
/// characters (Unicode category Cc), which could move the cursor, hide text or begin a line of their own.
package enum PlainText {
    /// The text with a question mark in place of each control character, line ends and tabs among them.
    package static func line(_ text: String) -> String { replacing(isControl, in: text) }

    /// The text with a question mark in place of each control character but line ends and tabs.
    package static func lines(_ text: String) -> String {
        replacing({ isControl($0) && $0 != "\n" && $0 != "\t" }, in: text)
    }

    /// Whether a text holds a control character.
    package static func holdsControl(_ text: String) -> Bool { text.unicodeScalars.contains(where: isControl) }

    /// Whether a character is a control character.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    private static func replacing(_ isRefused: (Unicode.Scalar) -> Bool, in text: String) -> String {
        guard text.unicodeScalars.contains(where: isRefused) else { return text }
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { plain.append(isRefused(scalar) ? "?" : scalar) }
        return String(plain)
    }
}
