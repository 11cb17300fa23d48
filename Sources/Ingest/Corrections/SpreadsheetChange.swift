import IdentityInsights

/// What a spreadsheet makes of an account's id that looks like a number: `0013` becomes `13`, `1001` becomes `1,001` or
/// `1001.0`, and of more than fifteen digits the rest becomes zeros. A pure rule.
enum SpreadsheetChange {
    /// How many digits of a number spreadsheets keep.
    private static let precision = 15

    /// Whether a spreadsheet explains how one text became another.
    ///
    /// Only what a spreadsheet does is looked for: a number that gains leading zeros has been corrected.
    ///
    /// - Parameters:
    ///   - original: the text as it was given out.
    ///   - text: the text as it came back.
    /// - Returns: true where the two differ in nothing but lost zeros or the form of the number.
    static func explains(_ original: [UInt8], becoming text: [UInt8]) -> Bool {
        guard original != text, !isDamaged(original), !hasLeadingZero(text) else { return false }
        let before = Decimal.readings(of: original)
        let after = Decimal.readings(of: text)
        return before.contains { one in
            let kept = [one, one.rounded(to: precision, up: false), one.rounded(to: precision, up: true)]
            return after.contains(where: kept.contains)
        }
    }

    private static func isDamaged(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes(SpreadsheetDamage.isScientificNotation)
    }

    private static func hasLeadingZero(_ text: [UInt8]) -> Bool {
        let digits = text.drop { $0 == Byte.plus || $0 == UInt8(ascii: "-") }
        guard digits.first == Byte.zero, let second = digits.dropFirst().first else { return false }
        return Byte.isDigit(second)
    }
}

/// A number of any length: its significant digits, and how many places before the point the first of them stands.
private struct Decimal: Equatable {
    var isNegative: Bool
    var digits: [UInt8]
    var magnitude: Int

    /// The numbers that a text may mean: point and comma may each separate the fraction or groups of thousands.
    static func readings(of text: [UInt8]) -> [Decimal] {
        let (point, comma) = (UInt8(ascii: "."), Byte.comma)
        return [Decimal(text, fraction: point, group: comma), Decimal(text, fraction: comma, group: point)]
            .compactMap { $0 }
    }

    private init?(_ text: [UInt8], fraction: UInt8, group: UInt8) {
        var rest = text[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == Byte.plus { rest.removeFirst() }
        let exponent = Self.takeExponent(&rest)
        let parts = rest.split(separator: fraction, omittingEmptySubsequences: false)
        guard let exponent, parts.count <= 2, let whole = Self.digits(in: parts.first ?? [], group: group),
            let behind = Self.digits(in: parts.dropFirst().first ?? [], group: nil), !whole.isEmpty || !behind.isEmpty
        else { return nil }
        let all = (whole + behind)[...]
        let significant = all.drop { $0 == Byte.zero }
        guard !significant.isEmpty else {
            (isNegative, digits, magnitude) = (false, [], 0)
            return
        }
        magnitude = whole.count - (all.count - significant.count) + exponent
        digits = Array(significant)
        dropZeros()
    }

    /// The power of ten behind `E`, 0 where there is none; nil for anything else there.
    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let mark = rest.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return 0 }
        let power = rest[(mark + 1)...]
        rest = rest[..<mark]
        guard (1...4).contains(power.count) else { return nil }
        return Int(String(decoding: power, as: UTF8.self))
    }

    /// Digits, in groups of three where they are grouped.
    private static func digits(in text: ArraySlice<UInt8>, group: UInt8?) -> [UInt8]? {
        let parts = group.map { text.split(separator: $0, omittingEmptySubsequences: false) } ?? [text]
        guard parts.dropFirst().allSatisfy({ $0.count == 3 }) else { return nil }
        let digits = parts.flatMap { $0 }
        return digits.allSatisfy(Byte.isDigit) ? digits : nil
    }

    private mutating func dropZeros() {
        while digits.last == Byte.zero { digits.removeLast() }
    }

    /// The number with no more significant digits than these.
    func rounded(to count: Int, up: Bool) -> Decimal {
        guard digits.count > count else { return self }
        var number = self
        number.digits = Array(digits.prefix(count))
        if up { number.increment() }
        number.dropZeros()
        return number
    }

    /// Adds one to the last digit.
    private mutating func increment() {
        for place in digits.indices.reversed() {
            guard digits[place] == UInt8(ascii: "9") else { return digits[place] += 1 }
            digits[place] = Byte.zero
        }
        digits.insert(UInt8(ascii: "1"), at: 0)
        magnitude += 1
    }
}
