import Basics
import IdentityInsights
import Testing

@testable import Ingest

struct JSONLinesTests {
    private func build(_ lines: String..., mapping: FieldMapping? = nil) throws -> [BuiltRecord] {
        try BuiltRecord.all(of: lines.joined(separator: "\n"), named: "a.jsonl", mapping: mapping)
    }

    private static let sound = #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#

    @Test
    func theAPIsShapeIsSentInCanonicalForm() throws {
        let built = try build(
            #" {"user": {"email":"a@ex\u0061mple.com", "account": {"hashedAccountId":"h"}}, "id": "r1", "_x": [1]} "#,
            #"{"placement":"web","user":{"account":{"hashedAccountId":"h"},"email":"a@example.com","new":{"b":1,"a":[]}}}"#
        )
        #expect(
            built == [
                BuiltRecord(id: "r1", request: Self.sound),
                BuiltRecord(
                    id: "",
                    request: #"{"placement":"web","user":{"account":{"hashedAccountId":"h"},"email":"a@example.com","#
                        + #""new":{"a":[],"b":1}}}"#),
            ])
    }

    @Test
    func aFlatObjectMakesTheRequestItsCSVRowMakes() throws {
        let csv = try BuiltRecord.all(
            of: "id,account_id,email,ip,user_agent,device.colorDepth,device.cookiesEnabled,device.plugins\n"
                + "r,A,a@example.com,203.0.113.7,M,24,true,x|y\n")
        let lines = try build(
            #"{"id":"r","account_id":"A","email":"a@example.com","ip":"203.0.113.7","user_agent":"M","#
                + #""device.colorDepth":24,"device.cookiesEnabled":true,"device.plugins":["x","y"]}"#,
            #"{"device.plugins":"x|y","device.cookiesEnabled":"TRUE","device.colorDepth":"24","user_agent":"M","#
                + #""ip":"203.0.113.7","email":"a\u0040example.com","account_id":"A","id":"r","name":null,"city":""}"#)
        #expect(csv.count == 1 && csv.first?.request != nil)
        #expect(lines == csv + csv)
    }

    @Test
    func blankLinesAreSkippedAndCountedAndLineEndsMayBeMixed() throws {
        let built = try BuiltRecord.all(of: "\n\(Self.sound)\r\n\r\n\(Self.sound)", named: "a.jsonl")
        #expect(built.map(\.id) == ["", ""])
        #expect(built.allSatisfy { $0.request == Self.sound })
    }

    @Test
    func anIDMayBeAWholeNumber() throws {
        let flat = #""hashed_account_id":"h","email":"a@example.com"}"#
        let built = try build(
            #"{"id":17,\#(flat)"#, #"{"id":null,\#(flat)"#, #"{"id":1.5,\#(flat)"#, #"{"id":true,\#(flat)"#)
        #expect(built.map(\.id) == ["17", "", "", ""])
        #expect(built.map { $0.request == nil } == [false, false, true, true])
        let shaped = Self.sound.dropFirst()
        let again = try build(#"{"id":17,\#(shaped)"#, #"{"id":null,\#(shaped)"#, #"{"id":[],\#(shaped)"#)
        #expect(again.map(\.id) == ["17", "", ""])
        #expect(again.map { $0.request == nil } == [false, false, true])
    }

    struct Refused: CustomTestStringConvertible {
        let line: String
        let rule: String

        init(_ line: String, _ rule: String) { (self.line, self.rule) = (line, rule) }

        var testDescription: String { String(line.prefix(60)) }
    }

    static let refused = [
        Refused("{\"user\":", "the record is not valid JSON: "),
        Refused("[]", "the record must be a JSON object"),
        Refused("17", "the record must be a JSON object"),
        Refused("nonsense", "the record is not valid JSON: "),
        Refused("{\"email\":\"a@example.com\",\"email\":\"b@example.com\"}", "the record is not valid JSON: "),
        Refused(
            String(repeating: "{\"user\":", count: 10_000) + "1" + String(repeating: "}", count: 10_000),
            "the record is not valid JSON: "),
        Refused(#"{"user":{"account":{"hashedAccountId":1.5},"email":"a@example.com"}}"#, "must be a string"),
        Refused(
            #"{"hashed_account_id":1.5,"email":"a@example.com"}"#,
            "hashed_account_id (user.account.hashedAccountId) must be a string or a whole number"),
        Refused(
            #"{"account_id":"A","phone_number":5551234567}"#, "phone_number (user.phone.number) must be a string"),
        Refused(#"{"account_id":"A","email":["a@example.com"]}"#, "email (user.email) must be a string"),
        Refused(#"{"account_id":"A","email":"a@example.com","device.colorDepth":true}"#, "must be a whole number"),
        Refused(#"{"account_id":"A","email":"a@example.com","device.plugins":[1]}"#, "must be an array of strings"),
        Refused(#"{"account_id":"A","email":"a@example.com","device.localStorage":1}"#, "must be true or false"),
        Refused(#"{"account_id":"A","hashed_account_id":"h","email":"a@example.com"}"#, "is given twice"),
        Refused(#"{"account_id":"A","emial":"a@example.com"}"#, "the record has a member 'emial' that"),
        Refused(#"{"account_id":"A","ann@example.com":"x"}"#, "has a member (name not shown, perhaps a value) that"),
        Refused(#"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"},"emial":1}"#, "emial is not"),
        Refused(#"{"id":"1.5E+9","account_id":"A","email":"a@example.com"}"#, "id \(SpreadsheetDamage.scientificRule)"),
    ]

    @Test(arguments: refused)
    func aLineThatBreaksARuleIsRefused(_ example: Refused) throws {
        let built = try build(Self.sound, example.line)
        #expect(built.map { $0.request == nil } == [false, true])
        #expect(built.last?.refusals.contains { $0.contains(example.rule) } == true, "\(built.last?.refusals ?? [])")
    }

    @Test
    func aMappingNamesTheMembers() throws {
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .column("user")),
                FieldRule(path: "user.email", source: .column("mail"), transforms: [.lowercase]),
            ], ignoreColumns: ["extra"], recordID: "ref")
        let built = try build(#"{"user":"h","mail":"A@Example.com","ref":5,"extra":{"a":[]}}"#, mapping: mapping)
        #expect(built == [BuiltRecord(id: "5", request: Self.sound)])
    }
}
