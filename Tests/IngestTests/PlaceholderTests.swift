import Testing

@testable import Ingest

/// What databases, spreadsheets and programs write where there is nothing.
struct PlaceholderTests {
    private static let header = "account_id,name,email,phone_number\n"

    @Test(arguments: [
        "NULL", "null", "None", "N/A", "n/a", "#N/A", "#REF!", "nan", "NaN", "<NA>", "NaT", "-nan", "N.A.", "\\N", "-",
        "undefined", "[NULL]", "#VALUE!", " NULL\u{A0}",
    ])
    func isNoAccountAndNotTheOnlyWayToReachSomebody(text: String) throws {
        let built = try BuiltRecord.all(
            of: Self.header + "\(text),Ada,ada@example.com,\n1,Ada,\(text),\n2,Ada,,\(text)\n3,Ada,\(text),\(text)\n")
        #expect(built.map(\.request) == [nil, nil, nil, nil])
        let rule = ValueInspector.placeholderRule
        #expect(
            built.map(\.refusals) == [
                ["account_id (user.account.hashedAccountId) \(rule)"], ["email (user.email) \(rule)"],
                ["phone_number (user.phone.number) \(rule)"],
                ["email (user.email) \(rule)", "phone_number (user.phone.number) \(rule)"],
            ])
    }

    @Test
    func besideAGoodOneItIsAbsent() throws {
        let built = try BuiltRecord.all(of: Self.header + "1,Ada,NULL,5551234567\n1,Ada,ada@example.com,#N/A\n")
        let plain = try BuiltRecord.all(of: Self.header + "1,Ada,,5551234567\n1,Ada,ada@example.com,\n")
        #expect(built == plain && built.allSatisfy { $0.request != nil })
    }

    @Test
    func theSameHoldsInTheAPIsShape() throws {
        let lines = [
            #"{"user":{"account":{"hashedAccountId":"NULL"},"email":"a@example.com"}}"#,
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"none"}}"#,
            #"{"user":{"account":{"hashedAccountId":"h"},"email":"n/a","phone":{"number":"5551234567"}}}"#,
        ]
        let built = try BuiltRecord.all(of: lines.joined(separator: "\n"), named: "a.jsonl")
        let rule = ValueInspector.placeholderRule
        #expect(
            built.map(\.refusals) == [["user.account.hashedAccountId \(rule)"], ["user.email \(rule)"], []])
        #expect(
            built.last?.request
                == #"{"user":{"account":{"hashedAccountId":"h"},"phone":{"number":"5551234567"}}}"#)
    }

    @Test
    func anotherFieldMayHoldTheWord() throws {
        let built = try BuiltRecord.all(of: Self.header + "1,Null,ada@example.com,\n")
        #expect(built.first?.request?.contains(#""name":"Null""#) == true)
    }

    @Test
    func aJobHasListsOfItsOwn() throws {
        let values = ValueRules(placeholders: ["TBD"], absentTexts: ["?"])
        let built = try BuiltRecord.all(
            of: Self.header + "NULL,?,ada@example.com,\ntbd,Ada,ada@example.com,\n3,Ada,?,5551234567\n4,Ada,?,\n",
            mapping: FieldMapping(values: values))
        #expect(built.map { $0.request == nil } == [false, true, false, true])
        #expect(built.first?.request?.contains("name") == false && built[2].request?.contains("email") == false)
        let none = FieldMapping(values: ValueRules(placeholders: []))
        #expect(try BuiltRecord.all(of: Self.header + "NULL,Ada,none,\n", mapping: none).first?.request != nil)
    }

    @Test
    func aPartThatCountsAsAnEmptyCellIsLeftOutOfWhatIsJoined() throws {
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .column("id")),
                FieldRule(path: "user.email", source: .column("mail")),
                FieldRule(path: "user.name", source: .columns(["first", "last"], join: " ")),
            ], values: ValueRules(absentTexts: ["?"]))
        let built = try BuiltRecord.all(
            of: "id,mail,first,last\n1,a@example.com,?,Stone\n1,a@example.com,?,?\n", mapping: mapping)
        #expect(built.first?.request?.contains(#""name":"Stone""#) == true)
        #expect(built.last?.request?.contains("name") == false)
    }

    @Test
    func aPartOfAJoinedAccountMustNotBeOneEither() throws {
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .columns(["branch", "number"], join: "-")),
                FieldRule(path: "user.email", source: .column("mail")),
            ])
        let built = try BuiltRecord.all(
            of: "branch,number,mail\nNULL,17,a@example.com\nB,17,a@example.com\n", mapping: mapping)
        #expect(
            built.first?.refusals == [
                "branch + number (user.account.hashedAccountId) \(ValueInspector.placeholderRule)"
            ])
        #expect(built.last?.request?.contains(#""hashedAccountId":"B-17""#) == true)
    }

    @Test(arguments: ["N", "nancy", "-1", "nullable", "NA-17", "nonesuch", "#", "\\"])
    func aValueThatOnlyBeginsLikeOneIsNone(text: String) throws {
        #expect(try BuiltRecord.all(of: "account_id,email\n\(text),a@example.com\n").first?.request != nil)
    }
}
