import Basics
import IdentityInsights
import JSON
import TestSupport
import Testing

@testable import Ingest

/// What JSON lines of both shapes may hold, and files of JSON that are no JSON-lines.
struct JSONShapesTests {
    private static let sound = #"{"user":{"account":{"hashedAccountId":"ab"},"phone":{"number":"+14155550101"}}}"#

    private func build(_ lines: String..., mapping: FieldMapping? = nil) throws -> [BuiltRecord] {
        try BuiltRecord.all(of: lines.joined(separator: "\n"), named: "a.jsonl", mapping: mapping)
    }

    @Test
    func nullAndEmptyAreAbsentInBothShapes() throws {
        let built = try build(
            #"{"hashed_account_id":"ab","email":"","phone_number":"+14155550101","name":null,"id":null}"#,
            #"{"id":"","user":{"account":{"hashedAccountId":"ab"},"email":"","phone":{"number":"+14155550101"},"name":null}}"#,
            #"{"user":{"account":{"hashedAccountId":"ab","signupTime":null},"phone":{"number":"+14155550101","countryHint":""},"#
                + #""address":{"city":"","state":null},"new":{"x":null}},"device":{"ip":null,"userAgent":" "},"placement":""}"#
        )
        #expect(built == [BuiltRecord](repeating: BuiltRecord(id: "", request: Self.sound), count: 3))
    }

    @Test
    func whatIsMissingWhereNullStandsIsSaidToBeMissing() throws {
        let built = try build(#"{"user":{"account":{"hashedAccountId":null},"email":"a@example.com"}}"#)
        #expect(built.map(\.refusals) == [["user.account is required"]])
    }

    @Test(arguments: ["0", "17", "-3", "9223372036854775808", "123456789012345678901234567890"])
    func wholeNumbersOfAnySizeAreIDsAndAccounts(number: String) throws {
        let contact = #""email":"a@example.com""#
        let built = try build(
            "{\"id\":\(number),\"hashed_account_id\":\(number),\(contact)}",
            "{\"id\":\(number),\"user\":{\"account\":{\"hashedAccountId\":\(number)},\(contact)}}")
        let request = #"{"user":{"account":{"hashedAccountId":"\#(number)"},"email":"a@example.com"}}"#
        #expect(built == [BuiltRecord](repeating: BuiltRecord(id: number, request: request), count: 2))
        let account = try build("{\"account_id\":\(number),\(contact)}")
        let text = try build("{\"account_id\":\"\(number)\",\(contact)}")
        #expect(account == text && account.first?.id == number && account.first?.request != nil)
    }

    @Test(arguments: ["1.5", "1e3", "1001.0", "true", "[1]", "{}"])
    func nothingElseIs(value: String) throws {
        let built = try build(
            "{\"hashed_account_id\":\(value),\"email\":\"a@example.com\"}",
            "{\"user\":{\"account\":{\"hashedAccountId\":\(value)},\"email\":\"a@example.com\"}}",
            "{\"id\":\(value),\"hashed_account_id\":\"h\",\"email\":\"a@example.com\"}")
        #expect(built.map(\.request) == [nil, nil, nil])
        #expect(
            built.first?.refusals.first
                == "hashed_account_id (user.account.hashedAccountId) must be a string or a whole number")
    }

    @Test
    func membersThatDifferInTheirUnicodeFormAloneAreGivenTwice() throws {
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .column("Kundenschlüssel")),
                FieldRule(path: "user.email", source: .column("Mail")),
            ], recordID: "Kundenschlüssel")
        let line = #"{"Kundenschlu\#u{308}ssel":"2002","Kundenschl\#u{FC}ssel":"2003","Mail":"b@example.com"}"#
        let built = try build(line, mapping: mapping)
        #expect(built.first?.request == nil)
        #expect(built.first?.refusals.first?.contains("a member given twice") == true)
        let one = try build(#"{"Kundenschlu\#u{308}ssel":"2002","Mail":"b@example.com"}"#, mapping: mapping)
        #expect(one.first?.id == "2002" && one.first?.request != nil)
        let shaped = try build(
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@b.c","x":[{"K":1,"\#u{212A}":2}]}}"#)
        #expect(shaped.first?.refusals.first?.contains("a member given twice") == true)
    }

    @Test
    func theIDOfALineInTheAPIsShapeIsFoundInEitherUnicodeForm() throws {
        let built = try build(
            #"{"schlu\#u{308}ssel":"7","user":{"account":{"hashedAccountId":"ab"},"phone":{"number":"+14155550101"}}}"#,
            mapping: FieldMapping(recordID: "schlüssel"))
        #expect(built == [BuiltRecord(id: "7", request: Self.sound)])
    }

    @Test(arguments: [
        #"{"records":[{"account_id":"1","email":"a@example.com"}]}"#, "{\n  \"records\" : [\n    {\n",
        #"{"count":1,"data":[{"account_id":"1"}]}"#, #"{"user":[],"items":[{}]}"#,
    ])
    func aListInsideAnObjectIsCalledThat(text: String) throws {
        let error = try #require(try TemporaryFolder().refusal(of: text, named: "a.json"))
        #expect(error.rule.contains("holds its records in a list; write one object per line"), "\(error)")
    }

    @Test
    func aListThatTheJobLeavesOutIsNone() throws {
        let mapping = FieldMapping(ignoreColumns: ["history"])
        let built = try build(
            #"{"history":[{"a":1}],"hashed_account_id":"ab","phone_number":"+14155550101"}"#, mapping: mapping)
        #expect(built == [BuiltRecord(id: "", request: Self.sound)])
    }

    @Test(arguments: [
        (#"{"shoe":"x","account_id":"A","email":"a@example.com"}"#, "a member 'shoe' that"),
        (#"{"Ada Stone":"x","account_id":"A","email":"a@example.com"}"#, "a member (name not shown, perhaps a value)"),
        (
            #"{"Stone":"x","account_id":"A","name":"Ada Stone","email":"a@example.com"}"#,
            "a member (name not shown, perhaps a value)"
        ),
        (
            #"{"ada_stone":"x","account_id":"A","name":"Ada Stone","email":"b@example.com"}"#,
            "a member (name not shown"
        ),
        (
            #"{"adastone":"x","account_id":"A","name":"Ada Stone","email":"b@example.com"}"#,
            "a member (name not shown"
        ),
        (#"{"x@example.com":"x","account_id":"A","email":"b@example.com"}"#, "a member (name not shown"),
    ])
    func anUnknownMembersNameIsRepeatedOnlyWhereItIsNoValue(line: String, words: String) throws {
        let first = #"{"account_id":"A","email":"a@example.com"}"#
        let refusal = try #require(build(first, line).last?.refusals.first)
        #expect(refusal.contains(words), "\(refusal)")
        let error = try #require(try TemporaryFolder().refusal(of: line, named: "a.jsonl"))
        #expect(error.rule.contains(words), "\(error)")
    }

    @Test(arguments: [
        (#""shoe":1"#, "shoe is not known"), (#""Ada":1"#, "a member is not known"),
        (#""ada.stone":1"#, "a member is not"),
    ])
    func anUnknownMemberAtTheTopOfTheAPIsShapeLikewise(member: String, words: String) throws {
        let line =
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com","name":"Ada Stone"},\#(member)}"#
        #expect(try build(Self.sound, line).last?.refusals.first?.contains(words) == true)
    }
}
