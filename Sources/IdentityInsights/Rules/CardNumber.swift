/// Payment card numbers (ISO/IEC 7812-1): a brand's prefix, a length that the brand issues, and a right Luhn digit.
///
/// No request has a use for one, so a whole value that looks like one is refused, or, as an id or account, where one in
/// ten long numbers passes by chance, counted.
public enum CardNumber {
    /// The rule that a card number breaks as the value of a field.
    public static let rule = "looks like a payment card number; \(remedy)"
    /// The rule that a card number breaks in a list, or in a field whose name may be a value, too.
    public static let innerRule = "holds what looks like a payment card number; \(remedy)"

    private static let remedy = "take it out, or let such values pass with allow_card_numbers: true"

    /// Whether the whole of a value is a card number, possibly grouped by blanks and hyphens.
    ///
    /// In a phone number's field up to 15 digits are a phone number, the most that E.164 allows (§6.2.1), and so is what
    /// begins with a `+`.
    ///
    /// - Parameters:
    ///   - value: the text in UTF-8.
    ///   - role: what its field is to the record.
    /// - Returns: whether it is one. Nearly every value is settled by its first byte or its length.
    @inline(__always)
    public static func matches(_ value: UnsafeRawBufferPointer, as role: FieldRole) -> Bool {
        guard let first = value.first, first == 0x20 || first >= 0x80 || TextPattern.isDigit(first),
            possibleByteCounts.contains(value.count)
        else { return false }
        return holdsNumber(value, longerThan: role == .phone ? longestPhoneNumber : 0)
    }

    private static let longestPhoneNumber = 15
    private static let digitCounts = 12...19
    /// With room for a separator of three bytes between any two digits and around them.
    private static let possibleByteCounts = digitCounts.lowerBound...digitCounts.upperBound * 4 + 3

    @inline(never)
    private static func holdsNumber(_ value: UnsafeRawBufferPointer, longerThan least: Int) -> Bool {
        // Most values that begin with a digit are dates and addresses: an ASCII byte in them settles it.
        guard value.allSatisfy(mayBePart) else { return false }
        var digits = [UInt8]()
        digits.reserveCapacity(digitCounts.upperBound)
        for scalar in String(decoding: value, as: UTF8.self).unicodeScalars where !isSeparator(scalar) {
            guard ("0"..."9").contains(scalar), digits.count < digitCounts.upperBound else { return false }
            digits.append(UInt8(scalar.value - 0x30))
        }
        return digits.count > least && digitCounts.contains(digits.count) && isIssued(digits) && passesLuhn(digits)
    }

    /// Whether a byte may belong to a digit or a separator.
    private static func mayBePart(_ byte: UInt8) -> Bool {
        TextPattern.isDigit(byte) || byte == 0x20 || byte == UInt8(ascii: "-") || byte >= 0x80
            || (0x09...0x0D).contains(byte)
    }

    /// Unicode's white space, and the hyphens U+002D, U+2010 to U+2015 and U+2212.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || ("\u{2010}"..."\u{2015}").contains(scalar) || scalar == "\u{2212}"
            || scalar.properties.isWhitespace
    }

    /// ISO/IEC 7812-1, annex B: from the right, every second digit is doubled and its digits added.
    private static func passesLuhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let value = place.isMultiple(of: 2) ? Int(digit) : 2 * Int(digit)
            sum += value > 9 ? value - 9 : value
        }
        return sum.isMultiple(of: 10)
    }

    private static func isIssued(_ digits: [UInt8]) -> Bool {
        let prefix = digits.prefix(4).reduce(0) { 10 * $0 + Int($1) }
        return brands.contains { $0.prefixes.contains(prefix) && $0.digitCounts.contains(digits.count) }
    }

    /// First four digits and lengths, as the brands publish them for acceptance.
    private static let brands: [(prefixes: ClosedRange<Int>, digitCounts: Set<Int>)] = [
        // Visa; within it Elo.
        (4000...4999, [13, 16, 19]),
        // Mastercard.
        (2221...2720, [16]), (5100...5599, [16]),
        // American Express.
        (3400...3499, [15]), (3700...3799, [15]),
        // Diners Club International.
        (3000...3059, [14, 16, 17, 18, 19]), (3095...3095, [14, 16, 17, 18, 19]),
        (3600...3699, [14, 15, 16, 17, 18, 19]), (3800...3999, [14, 16, 17, 18, 19]),
        // JCB.
        (3528...3589, [16, 17, 18, 19]),
        // Discover, RuPay and Elo.
        (6011...6011, [16, 17, 18, 19]), (6440...6599, [16, 17, 18, 19]), (5080...5090, [16]), (5066...5067, [16]),
        (6069...6085, [16]),
        // UnionPay.
        (6200...6299, [16, 17, 18, 19]), (8100...8171, [16, 17, 18, 19]),
        // Maestro and Dankort.
        (5018...5020, Set(12...19)), (5038...5038, Set(12...19)), (5893...5893, Set(12...19)),
        (6304...6304, Set(12...19)), (6700...6799, Set(12...19)),
        // Mir.
        (2200...2204, [16, 17, 18, 19]),
        // Verve, Hipercard, Troy.
        (5060...5062, [16, 18, 19]), (6062...6062, [16]), (9792...9792, [16]),
    ]
}
