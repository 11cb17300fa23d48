/// Keeps spreadsheets from executing a cell of a CSV file: a cell that begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return is taken for a formula (OWASP, "CSV Injection"), and gets a leading `'`.
///
/// To stay reversible, a text that begins with any number of `'` before one of these gets one more. Every guarded text
/// begins with a `'` that is not its own, so removing that one is exactly the inverse.
public enum SpreadsheetGuard {
    /// The byte written before a text.
    public static let mark = UInt8(ascii: "'")

    /// Checks a text that is to be written.
    ///
    /// - Parameter text: a cell's text in UTF-8, without quotes around it.
    /// - Returns: whether it gets a mark before it.
    public static func isNeeded(by text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first(where: { $0 != mark }) else { return false }
        return runs(first)
    }

    /// Checks a text that may have been written with a mark.
    ///
    /// - Parameter text: a cell's text in UTF-8, without quotes around it.
    /// - Returns: whether its first byte is the mark that `isNeeded(by:)` called for.
    public static func isPresent(in text: UnsafeRawBufferPointer) -> Bool {
        text.first == mark && isNeeded(by: text)
    }

    private static func runs(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0D: true
        default: false
        }
    }
}
