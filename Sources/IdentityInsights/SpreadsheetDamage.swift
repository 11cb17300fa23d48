/// What spreadsheets do to long numbers: `14155600000` opened and saved again becomes `1.41556E+10`.
public enum SpreadsheetDamage {
    /// The rule such a value breaks.
    public static let rule = "must not be in scientific notation: mangled by a spreadsheet"

    /// Whether an id, account or phone has been turned into scientific notation.
    ///
    /// Digits, a fraction with point or comma if any, `E`, a sign, one to three digits. The sign is required:
    /// spreadsheets always write it, and without it `12E5` may well be an id.
    ///
    /// - Parameter value: the field's text in UTF-8.
    /// - Returns: true where the text is a number in scientific notation and nothing else.
    public static func isScientificNotation(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        _ = rest.skip(UInt8(ascii: "+")) || rest.skip(UInt8(ascii: "-"))
        guard rest.skipDigits() > 0 else { return false }
        if rest.skip(UInt8(ascii: ".")) || rest.skip(UInt8(ascii: ",")) {
            guard rest.skipDigits() > 0 else { return false }
        }
        guard rest.skip(UInt8(ascii: "E")) || rest.skip(UInt8(ascii: "e")),
            rest.skip(UInt8(ascii: "+")) || rest.skip(UInt8(ascii: "-"))
        else { return false }
        return (1...3).contains(rest.skipDigits()) && rest.isAtEnd
    }
}
