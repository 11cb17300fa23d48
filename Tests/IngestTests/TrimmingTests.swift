import IdentityInsights
import OpenSSL
import RecordStore
import TestSupport
import Testing

@testable import Ingest

/// White space and invisible characters at the ends of values, and inside ids.
struct TrimmingTests {
    private static let invisible: [Unicode.Scalar] = [
        "\u{9}", "\u{A}", "\u{D}", "\u{1A}", " ", "\u{7F}", "\u{85}", "\u{A0}", "\u{AD}", "\u{34F}", "\u{61C}",
        "\u{1680}", "\u{180E}", "\u{2000}", "\u{200A}", "\u{200B}", "\u{200C}", "\u{200D}", "\u{200E}", "\u{200F}",
        "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{202F}", "\u{205F}", "\u{2060}", "\u{2066}", "\u{2069}",
        "\u{3000}", "\u{3164}", "\u{FEFF}", "\u{FFA0}", "\u{115F}", "\u{2800}", "\u{FE0F}", "\u{E0041}",
    ]

    private static func request(account: String, name: String, email: String) throws -> String {
        let hash = try SHA256.hex(Array(account.utf8))
        return #"{"user":{"account":{"hashedAccountId":"\#(hash)"},"email":"\#(email)","name":"\#(name)"}}"#
    }

    @Test(arguments: invisible)
    func areTakenOffInCSVAndJSONAlike(scalar: Unicode.Scalar) throws {
        let mark = String(Character(scalar))
        let expected = BuiltRecord(
            id: "1001", request: try Self.request(account: "1001", name: "Zoë B. É", email: "ada@example.com"))
        let row = ["1001", "Zoë B. É", "ada@example.com"].map { "\"\(mark)\(mark)\($0) \(mark)\"" }
        let csv = try BuiltRecord.all(of: "account_id,name,email\n\(row.joined(separator: ","))\n")
        #expect(csv == [expected])
        let escaped = scalar.utf16.map { "\\u" + String(0x10000 + Int($0), radix: 16).dropFirst() }.joined()
        let value = { (text: String) in "\"\(escaped)\(text)\(escaped) \"" }
        let flat =
            "{\"account_id\":\(value("1001")),\"name\":\(value("Zoë B. É")),\"email\":\(value("ada@example.com"))}"
        #expect(try BuiltRecord.all(of: flat, named: "a.jsonl") == [expected])
        let hash = try SHA256.hex(Array("1001".utf8))
        let shaped =
            "{\"id\":\(value("1001")),\"user\":{\"account\":{\"hashedAccountId\":\(value(hash))},"
            + "\"name\":\(value("Zoë B. É")),\"email\":\(value("ada@example.com"))}}"
        #expect(try BuiltRecord.all(of: shaped, named: "a.jsonl") == [expected])
    }

    @Test
    func aSpaceBehindTheDelimiterIsNoPartOfAValue() throws {
        let built = try BuiltRecord.all(of: "account_id, name, email\n1001, Ada Stone, ada@example.com\n")
        let request = try Self.request(account: "1001", name: "Ada Stone", email: "ada@example.com")
        #expect(built == [BuiltRecord(id: "1001", request: request)])
    }

    @Test
    func oneAccountIsOneAccountWhateverStandsAroundIt() throws {
        let built = try BuiltRecord.all(
            of: "account_id,name,email\n1001\u{A0},Ada Stone,ada@example.com\u{A0}\n1001,Ada Stone,ada@example.com\n"
                + "\u{200B}1001,Ada Stone,ada@example.com\n")
        #expect(Set(built.map(\.request)).count == 1 && built.allSatisfy { $0.request != nil })
        #expect(built.map(\.id) == ["1001", "1001", "1001"])
    }

    @Test
    func valuesStayAsTheyAreWhereTheJobSaysSo() throws {
        let mapping = FieldMapping(values: ValueRules(trims: false))
        let built = try BuiltRecord.all(
            of: "hashed_account_id,name,email\n h ,Ada\u{A0},a@example.com \n", mapping: mapping)
        #expect(
            built.first?.request
                == #"{"user":{"account":{"hashedAccountId":" h "},"email":"a@example.com ","name":"Ada\#u{A0}"}}"#)
        let lines = try BuiltRecord.all(
            of: #"{"user":{"account":{"hashedAccountId":" h "},"email":"a@example.com ","name":"Ada\u00a0"}}"#,
            named: "a.jsonl", mapping: mapping)
        #expect(lines == built)
    }

    @Test(arguments: ["\u{A0}", "\u{200B}\u{FEFF}", "\t"])
    func aValueOfNothingVisibleIsAbsent(blank: String) throws {
        let built = try BuiltRecord.all(of: "hashed_account_id,name,email\nh,\(blank),a@example.com\n")
        #expect(built.first?.request == #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#)
        let untrimmed = try BuiltRecord.all(
            of: "account_id,email\n\"\(blank)\",a@example.com\n",
            mapping: FieldMapping(values: ValueRules(trims: false)))
        #expect(untrimmed.first?.request == nil)
    }

    @Test
    func itemsOfAListAreTrimmedToo() throws {
        let csv = try BuiltRecord.all(
            of: "hashed_account_id,email,ip,user_agent,device.plugins\nh,a@example.com,::1,M, x | y\u{A0}\n")
        let line =
            #"{"hashed_account_id":"h","email":"a@example.com","ip":"::1","user_agent":"M","device.plugins":[" x","y\u00a0"]}"#
        #expect(csv.first?.request?.contains(#""plugins":["x","y"]"#) == true)
        #expect(try BuiltRecord.all(of: line, named: "a.jsonl") == csv)
    }

    struct Hidden: CustomTestStringConvertible {
        let header: String
        let row: String
        let refusal: String

        init(_ header: String, _ row: String, _ refusal: String) {
            (self.header, self.row, self.refusal) = (header, row, refusal)
        }

        var testDescription: String { refusal }
    }

    static let hidden = [
        Hidden("account_id,email", "\"10\t01\",a@example.com", "account_id (user.account.hashedAccountId) holds"),
        Hidden("account_id,email", "10\u{200B}01,a@example.com", "(U+200B)"),
        Hidden("account_id,email", "10\u{FE0F}01,a@example.com", "(U+FE0F)"),
        Hidden("hashed_account_id,email", "h\u{AD}h,a@example.com", "hashed_account_id (user.account.hashedAccountId)"),
        Hidden(
            "account_id,email", "1,a\u{7}@example.com",
            "email (user.email) holds a control or invisible character (U+0007)"),
        Hidden("account_id,email", "1,a\u{85}@example.com", "(U+0085)"),
        Hidden("account_id,phone_number", "1,555\u{202C}1234", "phone_number (user.phone.number) holds"),
        Hidden("id,account_id,email", "\"a\nb\",1,a@example.com", "id holds a control or invisible character (U+000A)"),
    ]

    @Test(arguments: hidden)
    func insideAnIDEmailOrPhoneNumberTheyAreInvalid(_ example: Hidden) throws {
        let built = try BuiltRecord.all(of: "\(example.header)\n\(example.row)\n")
        let refusals = try #require(built.first?.refusals)
        #expect(built.first?.request == nil && refusals.count { $0.contains(example.refusal) } == 1, "\(refusals)")
    }

    @Test
    func spacesAndLettersOfAnyScriptInsideAnIDAreItsOwn() throws {
        let built = try BuiltRecord.all(of: "account_id,email\nKd 12\u{A0}日本 é,a@example.com\n")
        #expect(built.first?.id == "Kd 12\u{A0}日本 é" && built.first?.request != nil)
    }

    @Test
    func theRawRowStaysAsItCame() async throws {
        let stores = try await StoreFolder()
        let row = " 1001 ,\u{A0}a@example.com\u{A0}"
        let examined = try stores.folder.open("account_id,email\n\(row)\n1,\u{200B}\n").examine()
        let batch = try await stores.createBatch(for: examined)
        _ = try await Ingester(store: stores.store).ingest(examined, into: batch)
        let records = try await stores.records(of: batch.id)
        #expect(records.map { String(decoding: $0.row, as: UTF8.self) } == [row, "1,\u{200B}"])
        #expect(records.map(\.isInvalid) == [false, true] && records.map(\.id) == ["1001", "1"])
    }

    @Test
    func aBatchStoredBeforeThereWereRulesForValuesIsReadAsItWas() throws {
        let stored =
            #"{"columns":["account_id","email"],"format":{"csv":{"delimiter":44}},"hasByteOrderMark":false,"#
            + #""headerLine":[],"lineEnd":[10],"mapping":{"fields":[],"ignoreColumns":[]}}"#
        let layout = try RecordLayout(decoding: Array(stored.utf8))
        #expect(layout.mapping.values == .none)
        var builder = try RequestBuilder(layout: layout)
        let request = try builder.request(forRow: Array(" NULL,a@example.com ".utf8), line: 2)
        let hash = try SHA256.hex(Array(" NULL".utf8))
        #expect(
            String(decoding: request, as: UTF8.self)
                == #"{"user":{"account":{"hashedAccountId":"\#(hash)"},"email":"a@example.com "}}"#)
    }
}
