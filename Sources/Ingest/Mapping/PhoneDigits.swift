/// What the transform `digits` makes of a phone number: a form the API reads (`^\+?[\d-]*(x\d*)?`), with nothing lost that
/// tells one number from another and nothing joined that was two.
///
/// A leading `+` stays, for without it the API takes the number for one of its default country. An extension is kept behind
/// `x`. The trunk zero in brackets behind a country code, `+49 (0)30`, is dropped. Words before the first digit are labels.
struct PhoneDigits {
    /// The rule of a text without digits.
    static let noDigits = "has no digit left once the others are taken out"
    /// The rule of a text with letters that are no extension's mark.
    static let lettersRule = "has letters among its digits; give the number alone, an extension after x"
    /// The rule of a text with more than one number.
    static let severalRule = "holds more than one number; give one, an extension after x"
    /// The rule of a number that is too long (ITU-T E.164: at most 15 digits).
    static let longRule = "has more than 15 digits, an extension aside"

    /// Digits.
    private static let longest = 15
    /// The words, in small letters, that say that an extension follows.
    private static let extensionWords: Set<String> = [
        "x", "ext", "extn", "extension", "extensión", "int", "anexo", "ramal", "poste", "durchwahl", "dw", "доб", "х",
    ]
    private static let opening: Set<Unicode.Scalar> = ["(", "[", "\u{FF08}"]
    private static let closing: Set<Unicode.Scalar> = [")", "]", "\u{FF09}"]
    private static let plusSigns: Set<Unicode.Scalar> = ["+", "\u{FF0B}"]
    private static let separators: Set<Unicode.Scalar> = [",", ";", "|", "&"]

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var number: [UInt8] = []
    private var suffix: [UInt8] = []
    private var hasPlus = false
    private var isInExtension = false
    private var isSeparated = false

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Rewrites a phone number in place.
    ///
    /// - Returns: the rule it breaks; nil where it was rewritten.
    static func rewrite(_ text: inout ByteBuffer) -> String? {
        var digits = PhoneDigits(String(decoding: text.bytes, as: UTF8.self))
        if let rule = digits.read() { return rule }
        text.removeAll()
        if digits.hasPlus { text.append(Byte.plus) }
        text.append(digits.number)
        if !digits.suffix.isEmpty {
            text.append(UInt8(ascii: "x"))
            text.append(digits.suffix)
        }
        return nil
    }

    /// A decimal digit of any script as a byte from 0 to 9; nil for everything else.
    static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
        guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else { return nil }
        return Byte.zero + UInt8(value)
    }

    private mutating func read() -> String? {
        while place < scalars.count {
            if let rule = readNext() { return rule }
        }
        guard !number.isEmpty else { return Self.noDigits }
        return number.count - internationalPrefix > Self.longest ? Self.longRule : nil
    }

    private mutating func readNext() -> String? {
        let scalar = scalars[place]
        if let digit = Self.digit(scalar) {
            place += 1
            return take(digit)
        }
        if Self.plusSigns.contains(scalar) {
            guard number.isEmpty, !hasPlus else { return Self.severalRule }
            hasPlus = true
        } else if Self.opening.contains(scalar), let end = endOfTrunkZero() {
            place = end
            return nil
        } else if scalar.properties.isAlphabetic {
            return readWord()
        } else if scalar == "#" || scalar == "~", !number.isEmpty {
            return beginExtension(at: place + 1)
        } else if Self.separators.contains(scalar) {
            isSeparated = !number.isEmpty
        }
        place += 1
        return nil
    }

    private mutating func take(_ digit: UInt8) -> String? {
        guard !isSeparated else { return Self.severalRule }
        if isInExtension { suffix.append(digit) } else { number.append(digit) }
        return nil
    }

    private mutating func readWord() -> String? {
        let start = place
        while place < scalars.count, scalars[place].properties.isAlphabetic { place += 1 }
        var word = String.UnicodeScalarView()
        word.append(contentsOf: scalars[start..<place])
        guard !number.isEmpty else { return nil }
        return Self.extensionWords.contains(String(word).lowercased()) ? beginExtension(at: place) : Self.lettersRule
    }

    /// An extension's mark must be followed by its digits, a point or colon at most between them.
    private mutating func beginExtension(at start: Int) -> String? {
        place = start
        while place < scalars.count, [".", ":", "=", "-"].contains(scalars[place]) || isSpace(at: place) { place += 1 }
        guard !isInExtension, place < scalars.count, Self.digit(scalars[place]) != nil else { return Self.lettersRule }
        (isInExtension, isSeparated) = (true, false)
        return nil
    }

    /// The place behind `(0)` where that stands behind a country code.
    private func endOfTrunkZero() -> Int? {
        let codeLength = number.count - internationalPrefix
        guard hasPlus || internationalPrefix > 0, (1...3).contains(codeLength) else { return nil }
        var here = place + 1
        while isSpace(at: here) { here += 1 }
        guard here < scalars.count, Self.digit(scalars[here]) == Byte.zero else { return nil }
        here += 1
        while isSpace(at: here) { here += 1 }
        return here < scalars.count && Self.closing.contains(scalars[here]) ? here + 1 : nil
    }

    /// The length of `00` where that stands in the place of `+`.
    private var internationalPrefix: Int {
        !hasPlus && number.starts(with: [Byte.zero, Byte.zero]) ? 2 : 0
    }

    private func isSpace(at place: Int) -> Bool { place < scalars.count && scalars[place].properties.isWhitespace }
}
