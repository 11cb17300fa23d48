/// What spreadsheets and similar programs do to ids and long numbers: `14155600000` opened and saved again becomes
/// `1.41556E+10`, a column of numbers with a gap in it `1001.0`, and text is marked with a leading `'`.
public enum SpreadsheetDamage {
    /// The rule that a number in scientific notation breaks.
    public static let scientificRule = "must not be in scientific notation: mangled by a spreadsheet"
    /// The rule that a whole number with an empty fraction breaks.
    public static let fractionRule = "must not end in .0: a number mangled by a spreadsheet or a program"
    /// The rule that a value with a spreadsheet's text marker breaks.
    public static let apostropheRule = "must not begin with ': a spreadsheet's mark of text; take it off"

    /// Checks whether a spreadsheet has altered an id, account or phone number.
    ///
    /// - Parameter value: the text in UTF-8, before any transform.
    /// - Returns: the rule it breaks; nil where it was not altered.
    public static func rule(for value: UnsafeRawBufferPointer) -> String? {
        guard let first = value.first else { return nil }
        if first == UInt8(ascii: "'") { return apostropheRule }
        guard TextPattern.isDigit(first) || first == UInt8(ascii: "+") || first == UInt8(ascii: "-"),
            !isSignedDigits(value)
        else { return nil }
        if isScientificNotation(value) { return scientificRule }
        return hasEmptyFraction(value) ? fractionRule : nil
    }

    /// Nearly every value that begins like a number ends here.
    private static func isSignedDigits(_ value: UnsafeRawBufferPointer) -> Bool {
        value.dropFirst().allSatisfy(TextPattern.isDigit)
    }

    /// Whether a text is a number in scientific notation and nothing else: digits, a fraction with point or comma if any,
    /// `E`, a sign, one to three digits. The sign is required: spreadsheets always write it, and without it `12E5` may
    /// well be an id.
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

    /// Whether a text is a whole number followed by point or comma and only zeros.
    private static func hasEmptyFraction(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        _ = rest.skip(UInt8(ascii: "+")) || rest.skip(UInt8(ascii: "-"))
        guard rest.skipDigits() > 0, rest.skip(UInt8(ascii: ".")) || rest.skip(UInt8(ascii: ",")) else { return false }
        return rest.skip { $0 == UInt8(ascii: "0") } > 0 && rest.isAtEnd
    }

    /// The text inside the formula that is used to make spreadsheets keep leading zeros: `="0013"` is 0013.
    ///
    /// - Parameters:
    ///   - value: the text in UTF-8.
    ///   - count: how many quotes stand for one: two inside a quoted cell of CSV.
    /// - Returns: the offsets of the text between the quotes; nil where the text is not such a formula.
    public static func textOfFormula(_ value: UnsafeRawBufferPointer, quotes count: Int = 1) -> Range<Int>? {
        let quote = UInt8(ascii: "\"")
        let inside = 1 + count..<max(1 + count, value.count - count)
        guard value.count >= 1 + 2 * count, value.first == UInt8(ascii: "="),
            value[1..<inside.lowerBound].allSatisfy({ $0 == quote }),
            value[inside.upperBound...].allSatisfy({ $0 == quote }), !value[inside].contains(quote)
        else { return nil }
        return inside
    }
}

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
