/// Words as a POSIX shell reads them (POSIX.1-2017, Shell Command Language, 2.2 Quoting).
public enum ShellQuoting {
    /// Characters that mean themselves wherever they stand in a word.
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=")

    /// One word that a shell reads as the text.
    ///
    /// A character that could mean something gets a backslash, so that the word can stand in a sentence between quotation
    /// marks; a line break, which a backslash would take away, makes the word a quoted one.
    public static func word(_ text: String) -> String {
        guard !text.isEmpty else { return "\"\"" }
        guard !text.contains(where: \.isNewline) else {
            return "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
        }
        return text.map { plain.contains($0) || isBeyondASCII($0) ? String($0) : "\\\($0)" }.joined()
    }

    /// Letters of other scripts mean themselves; spaces of any kind do not end a word there, but a person would think so.
    private static func isBeyondASCII(_ character: Character) -> Bool {
        !character.isASCII && !character.isWhitespace
    }
}
