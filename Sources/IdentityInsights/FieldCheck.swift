/// One rule for the text of a field, checked on UTF-8 bytes without copying them.
struct FieldCheck: Sendable {
    /// The rule as the end of a sentence about the field.
    let rule: String
    /// Whether a value keeps the rule.
    let holds: @Sendable (UnsafeRawBufferPointer) -> Bool

    /// The length in Unicode characters (code points, as JSON Schema counts `minLength` and `maxLength`).
    static func characters(_ allowed: ClosedRange<Int>) -> FieldCheck {
        let rule =
            allowed.lowerBound == 0
            ? "must be at most \(allowed.upperBound) characters"
            : "must be \(allowed.lowerBound) to \(allowed.upperBound) characters"
        return FieldCheck(rule: rule) { TextPattern.hasCharacters(allowed, in: $0) }
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

/// Some rules for the text of a field: all that is needed to check values, so that little is copied to do so.
public struct FieldRules: Sendable {
    let checks: [FieldCheck]

    /// The rules of a field without any.
    public static let none = FieldRules(checks: [])

    /// Whether there is no rule.
    public var isEmpty: Bool { checks.isEmpty }

    /// Checks a value.
    ///
    /// - Parameter value: UTF-8 text as for `RequestField.violation(in:)`.
    /// - Returns: the first rule broken, as the end of a sentence about the field; nil if none.
    public func broken(by value: UnsafeRawBufferPointer) -> String? {
        for check in checks where !check.holds(value) { return check.rule }
        return nil
    }
}
