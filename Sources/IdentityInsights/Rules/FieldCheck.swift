import Foundation

/// One rule for the text of a field, checked on UTF-8 bytes without copying them.
struct FieldCheck: Sendable {
    /// The rule as the end of a sentence about the field.
    let rule: String
    /// Lengths in bytes at which every value satisfies the rule; nil where the length alone says nothing.
    var soundByteCounts: ClosedRange<Int>?
    /// Whether a value satisfies the rule.
    let holds: @Sendable (UnsafeRawBufferPointer) -> Bool

    /// The length in Unicode characters (code points, as JSON Schema counts `minLength` and `maxLength`).
    static func characters(_ allowed: ClosedRange<Int>) -> FieldCheck {
        let rule =
            allowed.lowerBound == 0
            ? "must be at most \(allowed.upperBound) characters"
            : "must be \(allowed.lowerBound) to \(allowed.upperBound) characters"
        // A character takes one to four bytes (RFC 3629, section 3).
        let least = allowed.lowerBound == 0 ? 0 : 4 * (allowed.lowerBound - 1) + 1
        let sound = least <= allowed.upperBound ? least...allowed.upperBound : nil
        return FieldCheck(rule: rule, soundByteCounts: sound) { TextPattern.hasCharacters(allowed, in: $0) }
    }

    /// A whole number within bounds, written as JSON writes it.
    static func wholeNumber(_ allowed: ClosedRange<Int64>) -> FieldCheck {
        let rule: String
        switch (allowed.lowerBound, allowed.upperBound) {
        case (.min, .max): rule = FieldKind.integer.rule
        case (let least, .max): rule = "must be a whole number from \(least)"
        case (let least, let greatest): rule = "must be a whole number from \(least) to \(greatest)"
        }
        return FieldCheck(rule: rule) { TextPattern.wholeNumber($0).map(allowed.contains) ?? false }
    }

    static let notEmpty = FieldCheck(rule: "must not be empty") { !$0.isEmpty }

    static let trueOrFalse = FieldCheck(rule: "must be true or false, in lower case") {
        $0.elementsEqual("true".utf8) || $0.elementsEqual("false".utf8)
    }

    static let ipAddress = FieldCheck(rule: "must be an IPv4 or IPv6 address", holds: IPAddressLiteral.isValid)

    static let userAgent = FieldCheck(
        rule: "must not be blank and must be on one line", holds: TextPattern.isUserAgent)

    static let timeZone = FieldCheck(
        rule: "must be the offset from UTC in minutes, a whole number", holds: TextPattern.isTimeZone)

    static let screenResolution = FieldCheck(
        rule: "must be width x height, such as 1024x820", holds: TextPattern.isScreenResolution)

    static let language = FieldCheck(
        rule: "must be a BCP 47 language tag, such as zh-TW", holds: TextPattern.isLanguage)

    static let country = FieldCheck(
        rule: "must be a country code of two letters (ISO 3166 alpha-2)", holds: TextPattern.isCountry)

    static let phoneNumber = FieldCheck(
        rule: "must be digits and hyphens, with a leading + and an extension after x if need be",
        holds: TextPattern.isPhoneNumber)

    static let signupTime = FieldCheck(
        rule: "must be a UTC time written YYYY-MM-DD HH:MM", holds: SignupTime.isValid)
}

/// Some rules for the text of a field: only what is needed to check values, so that little is copied.
public struct FieldRules: Sendable {
    let checks: [FieldCheck]

    /// No rules.
    public static let none = FieldRules(checks: [])

    /// Whether there is no rule.
    public var isEmpty: Bool { checks.isEmpty }

    /// Lengths in bytes at which no rule can be broken, so that most values need not be looked at; nil where the length
    /// alone says nothing.
    package var soundByteCounts: ClosedRange<Int>? { checks.count == 1 ? checks[0].soundByteCounts : nil }

    /// Checks a value.
    ///
    /// - Parameter value: UTF-8 text as for `RequestField.violation(in:)`.
    /// - Returns: the first rule broken, as the end of a sentence about the field; nil if none.
    public func broken(by value: UnsafeRawBufferPointer) -> String? {
        for check in checks where !check.holds(value) { return check.rule }
        return nil
    }
}

/// The JSON type of a request field.
public enum FieldKind: Sendable {
    /// A JSON string.
    case string
    /// `true` or `false`.
    case boolean
    /// A number without fraction and exponent that fits Int64.
    case integer
    /// An array of JSON strings.
    case stringArray

    /// The rule that a value of another type breaks.
    var rule: String {
        switch self {
        case .string: "must be a string"
        case .boolean: "must be true or false"
        case .integer: "must be a whole number"
        case .stringArray: "must be an array of strings"
        }
    }
}

/// A field's role in the record, beyond its text: in these roles a placeholder, or a value altered on its way, would be
/// billed for no one or for someone else.
public enum FieldRole: Sendable {
    /// Text without a special role.
    case text
    /// The account: the same person always has the same account id.
    case account
    /// The mail address.
    case email
    /// The phone number.
    case phone
    /// The id of something other than the account.
    case identifier
}

/// One rule a request breaks. Names the field and the rule, never the value.
public struct FieldViolation: Sendable, Equatable, CustomStringConvertible {
    /// The field's path as the API writes it: `user.email`, `device.plugins[2]`.
    public let path: String
    /// The rule broken, as the end of a sentence about the field: `must be 3 to 254 characters`.
    public let rule: String

    /// Makes a violation.
    ///
    /// - Parameters:
    ///   - path: the field's path as the API writes it.
    ///   - rule: the rule broken, without any part of the value.
    public init(path: String, rule: String) {
        self.path = path
        self.rule = rule
    }

    /// The field and the rule: `user.email must be 3 to 254 characters`.
    public var description: String { "\(path) \(rule)" }
}

/// An IPv4 or IPv6 address in text form, as `inet_pton` reads it (RFC 3986 dotted decimal, RFC 4291 §2.2).
private enum IPAddressLiteral {
    /// The longest form: `INET6_ADDRSTRLEN` without its closing NUL.
    private static let greatestLength = 45

    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        // A NUL would end the text for inet_pton and hide what follows it.
        guard (2...greatestLength).contains(value.count), !value.contains(0) else { return false }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: value.count + 1) { text in
            for (index, byte) in value.enumerated() { text[index] = CChar(bitPattern: byte) }
            text[value.count] = 0
            return isAddress(text.baseAddress)
        }
    }

    private static func isAddress(_ text: UnsafePointer<CChar>?) -> Bool {
        guard let text else { return false }
        var address = in6_addr()  // Room enough for either family.
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}

/// The form of `user.account.signupTime`: `YYYY-MM-DD HH:MM`, a time that exists, in UTC.
private enum SignupTime {
    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count == 16, hasSeparators(value),
            let year = number(value[0..<4]), let month = number(value[5..<7]), let day = number(value[8..<10]),
            let hour = number(value[11..<13]), let minute = number(value[14..<16])
        else { return false }
        return (1...12).contains(month) && day >= 1 && day <= days(inMonth: month, of: year) && hour < 24 && minute < 60
    }

    private static func hasSeparators(_ value: UnsafeRawBufferPointer) -> Bool {
        value[4] == UInt8(ascii: "-") && value[7] == UInt8(ascii: "-") && value[10] == UInt8(ascii: " ")
            && value[13] == UInt8(ascii: ":")
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var number = 0
        for byte in digits {
            guard TextPattern.isDigit(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
