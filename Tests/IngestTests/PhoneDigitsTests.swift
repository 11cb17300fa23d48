import Testing

@testable import Ingest

/// Transforms neither lose nor invent anything.
struct PhoneDigitsTests {
    private static func mapping(_ path: String, _ transforms: FieldTransform...) -> FieldMapping {
        FieldMapping(fields: [
            FieldRule(path: "user.account.hashedAccountId", source: .column("Id")),
            FieldRule(path: "user.email", source: .value("a@example.com")),
            FieldRule(path: path, source: .column("Text"), transforms: transforms),
        ])
    }

    private static func built(_ text: String, _ mapping: FieldMapping) throws -> BuiltRecord {
        let quoted = "\"" + text.replacing("\"", with: "\"\"") + "\""
        return try #require(BuiltRecord.all(of: "Id,Text\n2001,\(quoted)\n", mapping: mapping).first)
    }

    static let numbers = [
        ("+1 (415) 555-0100 ext. 23", "+14155550100x23"), ("+49 (0)30 1234567", "+49301234567"),
        ("+1 (778) 573-2875", "+17785732875"), ("(415) 555-0100", "4155550100"), ("030/123 45 67", "0301234567"),
        ("(0)30 1234567", "0301234567"), ("0049 (0) 30 1234567", "0049301234567"),
        ("+44(0)20 7946 0018", "+442079460018"),
        ("+49 30 (0) 12", "+4930012"), ("555-0100 x23", "5550100x23"), ("555-0100X23", "5550100x23"),
        ("555-0100 #23", "5550100x23"), ("555-0100;ext=23", "5550100x23"), ("555-0100, ext 23", "5550100x23"),
        ("555-0100 Durchwahl 2-3", "5550100x23"), ("Tel.: +49 30 1234567", "+49301234567"),
        ("\u{FF0B}\u{FF14}\u{FF19} \u{FF13}\u{FF10}\u{FF11}\u{FF12}", "+493012"),
        ("\u{660}\u{661}\u{662} \u{663}", "0123"), ("+49 (\u{FF10}) 30 12", "+493012"),
        ("123456789012345", "123456789012345"), ("123456789012345 x123456", "123456789012345x123456"),
        ("00 1234 5678 9012 345", "00123456789012345"), ("+1-415-555-0100.", "+14155550100"),
    ]

    @Test(arguments: numbers)
    func aPhoneNumberKeepsWhatTellsItFromOthers(text: String, number: String) throws {
        let built = try Self.built(text, Self.mapping("user.phone.number", .digits))
        #expect(built.request?.contains("\"phone\":{\"number\":\"\(number)\"}") == true, "\(built)")
    }

    @Test(arguments: [
        ("call me", PhoneDigits.noDigits), ("ext.", PhoneDigits.noDigits), ("+", PhoneDigits.noDigits),
        ("1-800-FLOWERS", PhoneDigits.lettersRule), ("555-0100 ext", PhoneDigits.lettersRule),
        ("555-0100 or 555-0200", PhoneDigits.lettersRule), ("555-0100 x23 x24", PhoneDigits.lettersRule),
        ("555-0100, 555-0200", PhoneDigits.severalRule), ("+49 30 12 +49 171 34", PhoneDigits.severalRule),
        ("555-0100;555-0200", PhoneDigits.severalRule), ("1234567890123456", PhoneDigits.longRule),
        ("+123456789012345678", PhoneDigits.longRule),
    ])
    func whatIsNoSinglePhoneNumberIsInvalid(text: String, rule: String) throws {
        let built = try Self.built(text, Self.mapping("user.phone.number", .digits))
        #expect(built.request == nil)
        #expect(built.refusals == ["Text (user.phone.number) \(rule)"])
    }

    @Test(arguments: [
        ("D-12345", "12345"), ("12x45", "1245"), ("+12", "12"), ("\u{FF11}\u{FF12}a\u{FF13}", "123"),
    ])
    func elsewhereDigitsAreTheDigits(text: String, digits: String) throws {
        let built = try Self.built(text, Self.mapping("user.address.postalCode", .digits))
        #expect(built.request?.contains("\"postalCode\":\"\(digits)\"") == true, "\(built)")
    }

    @Test
    func elsewhereNothingLeftIsInvalidToo() throws {
        let built = try Self.built("none", Self.mapping("user.address.postalCode", .digits))
        #expect(built.refusals == ["Text (user.address.postalCode) \(PhoneDigits.noDigits)"])
    }

    @Test
    func anEmptyCellIsAbsentWhateverTheTransform() throws {
        let built = try Self.built(" ", Self.mapping("user.phone.number", .digits))
        #expect(built.request == #"{"user":{"account":{"hashedAccountId":"2001"},"email":"a@example.com"}}"#)
    }

    @Test(arguments: [
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("ΑΣ ΣΑΣ.", "ας σας."), ("Σ", "σ"), ("ΑΣ\u{301}", "ας\u{301}"), ("ΑΣΑ", "ασα"),
        ("ÄNN İ", "änn i\u{307}"),
    ])
    func lowercaseKnowsTheSigmaAtAWordsEnd(text: String, small: String) throws {
        let built = try Self.built(text, Self.mapping("user.name", .lowercase))
        #expect(built.request?.contains("\"name\":\"\(small)\"") == true, "\(built)")
    }

    @Test
    func trimIsUnicodes() throws {
        let mapping = FieldMapping(
            fields: Self.mapping("user.name", .trim).fields, values: ValueRules(trims: false))
        let built = try Self.built("\u{3000}\u{200B}Ada \u{2028}", mapping)
        #expect(built.request?.contains("\"name\":\"Ada\"") == true, "\(built)")
    }
}
