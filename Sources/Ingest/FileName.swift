/// A file's name as messages and lists may show it.
enum FileName {
    /// The name with a question mark in place of each control character, line ends among them: it must not steer a
    /// terminal or begin a line of its own (Unicode category Cc).
    static func shown(_ name: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            plain.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        return String(plain)
    }

    /// Whether bytes that are not UTF-8 were replaced when the name was read from the command line, so that it names no
    /// file any more.
    static func isDamaged(_ name: String) -> Bool { name.unicodeScalars.contains("\u{FFFD}") }
}
