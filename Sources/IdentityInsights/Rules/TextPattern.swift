/// The patterns of openapi 0.2.2, written out as byte checks.
///
/// The document's patterns are read as anchored at both ends, as the API's Java validation reads them.
enum TextPattern {
    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// `minLength` and `maxLength`: characters are counted as the bytes that are not continuation bytes.
    static func hasCharacters(_ allowed: ClosedRange<Int>, in value: UnsafeRawBufferPointer) -> Bool {
        var characters = 0
        for byte in value where byte & 0xC0 != 0x80 { characters += 1 }
        return allowed.contains(characters)
    }

    /// `-?(0|[1-9]\d*)` within Int64, which JSON writes unchanged.
    static func wholeNumber(_ value: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = value.first == UInt8(ascii: "-")
        let digits = value.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var number: Int64 = 0
        for byte in digits {
            guard isDigit(byte) else { return nil }
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }

    /// `^-?\d+$`
    static func isTimeZone(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        _ = rest.skip(UInt8(ascii: "-"))
        return rest.skipDigits() > 0 && rest.isAtEnd
    }

    /// `^\s*\d+\s*x\s*\d+\s*\d*\s*$`
    static func isScreenResolution(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        rest.skipSpace()
        guard rest.skipDigits() > 0 else { return false }
        rest.skipSpace()
        guard rest.skip(UInt8(ascii: "x")) else { return false }
        rest.skipSpace()
        guard rest.skipDigits() > 0 else { return false }
        rest.skipSpace()
        _ = rest.skipDigits()
        rest.skipSpace()
        return rest.isAtEnd
    }

    /// `^[a-zA-Z]{1,3}(-{1}[a-zA-Z0-9]{1,10})*?$`
    static func isLanguage(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        guard rest.skip(atMost: 3, while: isLetter) > 0 else { return false }
        while rest.skip(UInt8(ascii: "-")) {
            guard rest.skip(atMost: 10, while: { isLetter($0) || isDigit($0) }) > 0 else { return false }
        }
        return rest.isAtEnd
    }

    /// `^[A-Za-z]+$`, two characters.
    static func isCountry(_ value: UnsafeRawBufferPointer) -> Bool {
        value.count == 2 && value.allSatisfy(isLetter)
    }

    /// `^\+?[\d-]*(x\d*)?`, with at least one digit before the extension: the pattern alone matches the empty string,
    /// and a call without a number to look up is billed like any other.
    static func isPhoneNumber(_ value: UnsafeRawBufferPointer) -> Bool {
        var rest = ByteScanner(value)
        _ = rest.skip(UInt8(ascii: "+"))
        var digits = 0
        _ = rest.skip { byte in
            digits += isDigit(byte) ? 1 : 0
            return isDigit(byte) || byte == UInt8(ascii: "-")
        }
        if rest.skip(UInt8(ascii: "x")) { _ = rest.skipDigits() }
        return digits > 0 && rest.isAtEnd
    }

    /// `^(?!\s*$).+`: not blank, and no line break, which `.` does not match.
    static func isUserAgent(_ value: UnsafeRawBufferPointer) -> Bool {
        var hasVisible = false
        var isASCII = true
        for byte in value {
            if byte == 0x0A || byte == 0x0D { return false }
            hasVisible = hasVisible || (byte != 0x20 && !(0x09...0x0D).contains(byte))
            isASCII = isASCII && byte < 0x80
        }
        return hasVisible && (isASCII || isVisibleUnicodeLine(value))
    }

    /// The rarer white space and line breaks of Unicode, checked only where there are non-ASCII bytes.
    private static func isVisibleUnicodeLine(_ value: UnsafeRawBufferPointer) -> Bool {
        let scalars = String(decoding: value, as: UTF8.self).unicodeScalars
        guard !scalars.contains(where: { $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}" }) else {
            return false
        }
        return scalars.contains { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }
    }
}

/// Scans a value's bytes from left to right, for patterns that need no backtracking.
struct ByteScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Skips one byte if it equals this one.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Skips the bytes that satisfy `condition`, at most `limit`, and returns how many.
    mutating func skip(atMost limit: Int = .max, while condition: (UInt8) -> Bool) -> Int {
        let start = position
        while position < bytes.count, position - start < limit, condition(bytes[position]) {
            position += 1
        }
        return position - start
    }

    /// Skips `[0-9]*` and returns how many.
    mutating func skipDigits() -> Int {
        skip(while: TextPattern.isDigit)
    }

    /// Skips ASCII white space, `\s` of the document's patterns.
    mutating func skipSpace() {
        _ = skip { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }
}
