import Basics
import IdentityInsights
import JSON
import OpenSSL
import TestSupport
import Testing

@testable import Ingest

struct RequestBuilderTests {
    @Test
    func everyKnownColumnFillsItsField() throws {
        let header =
            "id,hashed_account_id,signup_time,name,email,phone_number,phone_country,street_line1,street_line2,city,"
            + "state,postal_code,country,ip,user_agent,time_zone,language,screen_resolution"
        let row =
            "r1,3b5e,2020-12-31 13:45,John Smith,john@example.com,7785732875,US,912 Uclan Dr,Apt 32,Houston,"
            + "TX,63124,US,203.0.113.7,Mozilla/5.0,600,zh-TW,1024x820"
        let built = try BuiltRecord.all(of: "\(header)\n\(row)\n")
        let request =
            #"{"device":{"ip":"203.0.113.7","language":"zh-TW","screenResolution":"1024x820","timeZone":"600","#
            + #""userAgent":"Mozilla/5.0"},"user":{"account":{"hashedAccountId":"3b5e","signupTime":"2020-12-31 13:45"},"#
            + #""address":{"city":"Houston","country":"US","postalCode":"63124","state":"TX","#
            + #""streetLine1":"912 Uclan Dr","streetLine2":"Apt 32"},"email":"john@example.com","name":"John Smith","#
            + #""phone":{"countryHint":"US","number":"7785732875"}}}"#
        #expect(built == [BuiltRecord(id: "r1", request: request)])
    }

    @Test
    func anAccountIDIsHashedAndIsTheRecordsID() throws {
        let built = try BuiltRecord.all(of: "account_id,email\nACC-1,a@example.com\n")
        let hash = try SHA256.hex(Array("ACC-1".utf8))
        #expect(
            built == [
                BuiltRecord(
                    id: "ACC-1",
                    request: #"{"user":{"account":{"hashedAccountId":"\#(hash)"},"email":"a@example.com"}}"#)
            ])
    }

    @Test
    func theRecordsIDIsTheIDColumnElseTheAccountElseNothing() throws {
        let built = try BuiltRecord.all(
            of: "id,account_id,email\nr1,ACC-1,a@example.com\n,ACC-2,\"a\n\"\n,,x\n\"q\"\"q\",ACC-3,a@example.com\n")
        #expect(built.map(\.id) == ["r1", "ACC-2", "", "q\"q"])
        let lines = try BuiltRecord.all(of: "hashed_account_id,email\nh,a@example.com\n\nh,b@example.com\n")
        #expect(lines.map(\.id) == ["", ""])
    }

    @Test
    func anEmptyCellIsAnAbsentField() throws {
        let built = try BuiltRecord.all(of: "hashed_account_id,name,email,phone_number\nh,,\"\",5551234567\n")
        #expect(
            built.first?.request
                == #"{"user":{"account":{"hashedAccountId":"h"},"phone":{"number":"5551234567"}}}"#)
    }

    @Test
    func dottedPathsAreColumnsAndTypedFieldsAreConverted() throws {
        let built = try BuiltRecord.all(
            of: "user.account.hashedAccountId;user.email;device.ip;device.userAgent;device.colorDepth;"
                + "device.cookiesEnabled;device.plugins;device.somethingNew;endCustomerRefId\n"
                + "h;a@example.com;203.0.113.7;Mozilla;24;TRUE;Adobe \"\"X\"\"|QuickTime;7;c1\n"
                .replacing("Adobe \"\"X\"\"|QuickTime", with: "\"Adobe \"\"X\"\"|QuickTime\""))
        #expect(
            built.first?.request
                == #"{"device":{"colorDepth":24,"cookiesEnabled":true,"ip":"203.0.113.7","#
                + #""plugins":["Adobe \"X\"","QuickTime"],"somethingNew":"7","userAgent":"Mozilla"},"#
                + #""endCustomerRefId":"c1","user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"}}"#)
    }

    struct Refused: CustomTestStringConvertible {
        let header: String
        let row: String
        /// What each refusal begins with: the field, or the record and its rule.
        let refusals: [String]

        init(_ header: String, _ row: String, _ refusals: String...) {
            (self.header, self.row, self.refusals) = (header, row, refusals)
        }

        var testDescription: String { row }
    }

    private static let mangled = SpreadsheetDamage.scientificRule
    private static let account = "hashed_account_id (user.account.hashedAccountId)"

    static let refused = [
        Refused("account_id,email", ",a@example.com", "account_id (user.account) is required"),
        Refused("hashed_account_id,email", "h,", "email (user.email) is required where user.phone.number is not given"),
        Refused(
            "hashed_account_id,email,phone_number", "h,,",
            "email (user.email) is required where phone_number (user.phone.number) is not given"),
        Refused("hashed_account_id,email", "h", "the record has fewer cells than the header has columns"),
        Refused(
            "hashed_account_id,email", "h,a@example.com,x", "the record has more cells than the header has columns"),
        Refused("hashed_account_id,email", "h,\"a@example.com", "the record opens a quote that is never closed"),
        Refused("hashed_account_id,email", "h,a", "email (user.email) must be 3 to 254 characters"),
        Refused("hashed_account_id,user.email", "h,a", "user.email must be 3 to 254 characters"),
        Refused("hashed_account_id,phone_number", "h,1.41556E+10", "phone_number (user.phone.number) \(mangled)"),
        Refused("hashed_account_id,email", "1.5E+12,a@example.com", "\(account) \(mangled)"),
        Refused("account_id,email", "1.5E+12,a@example.com", "account_id (user.account.hashedAccountId) \(mangled)"),
        Refused("id,hashed_account_id,email", "\"2,5e+9\",h,a@example.com", "id \(mangled)"),
        Refused("account_id,email,country", "A,a,USA", "country (user.address.country) ", "email (user.email) "),
        Refused(
            "account_id,email,device.colorDepth", "A,a@example.com,many", "device.colorDepth ", "device.ip ",
            "device.userAgent "),
        Refused("account_id,email,device.other", "A,a@example.com,x", "device.ip ", "device.userAgent "),
        Refused(
            "account_id,email,ip,device.cookiesEnabled,user_agent", "A,a@example.com,203.0.113.7,yes,M",
            "device.cookiesEnabled must be true or false"),
    ]

    @Test(arguments: refused)
    func aRowThatBreaksRulesIsRefusedWithFieldAndRule(_ example: Refused) throws {
        let built = try BuiltRecord.all(of: "\(example.header)\n\(example.row)\n")
        #expect(built.map(\.request) == [nil])
        let refusals = try #require(built.first?.refusals)
        #expect(refusals.count == example.refusals.count, "\(refusals)")
        #expect(zip(refusals, example.refusals).allSatisfy { $0.hasPrefix($1) }, "\(refusals)")
    }

    @Test(arguments: ["12E5", "1E10x", "E+10", "1.E+10", "0x1E+10", "3b5ed8ad6a408f42015254dd4b116080", "1e+"])
    func idsThatOnlyLookLikeScientificNotationPass(id: String) throws {
        #expect(try BuiltRecord.all(of: "account_id,email\n\(id),a@example.com\n").first?.request != nil)
    }

    @Test
    func aRefusalNeverHoldsTheValue() throws {
        let secret = "S3CRET"
        let built = try BuiltRecord.all(
            of: "account_id,email,country,phone_number,ip,signup_time\n"
                + "1.\(secret)E+10,\(secret),\(secret),\(secret),\(secret),\(secret)\n\(secret),\"\(secret)\n")
        #expect(built.allSatisfy { $0.request == nil && !$0.refusals.isEmpty })
        let texts: [String] = built.map(\.refusals).reduce([], +)
        #expect(!texts.contains { $0.contains(secret) })
    }

    @Test
    func escapesAreThoseOfTheCanonicalForm() throws {
        let scalars = (1..<0x250).compactMap(Unicode.Scalar.init).map { String(Character($0)) }
        for chunk in stride(from: 0, to: scalars.count, by: 7) {
            let text = scalars[chunk..<min(chunk + 7, scalars.count)].joined() + "\\u0041 \u{2028}😀"
            let quoted = "\"" + text.replacing("\"", with: "\"\"") + "\""
            let built = try BuiltRecord.all(
                of: "hashed_account_id,email,name\nh,a@example.com,\(quoted)\n",
                mapping: FieldMapping(values: ValueRules(trims: false)))
            let request = try #require(built.first?.request)
            let document = try JSONDocument(parsing: Array(request.utf8))
            #expect(document.root["user"]?["name"]?.stringBytes == Array(text.utf8))
            #expect(document.root.canonicalBytes == Array(request.utf8))
        }
    }

    @Test
    func aRowMakesTheSameRequestAgain() throws {
        let text = "account_id;email;name\nA;a@example.com;\"Zoë \"\"Z\"\"\nTanaka\"\nB;b@example.com;\n"
        let file = try TemporaryFolder().open(text)
        let first = try BuiltRecord.all(of: file).map(\.request)
        var later = try RequestBuilder(layout: RecordLayout(decoding: file.layout.encoded()))
        var records = file.records()
        var again: [String?] = []
        while let record = try records.next() {
            let request = try later.request(forRow: Array(record.bytes), line: record.line)
            again.append(String(decoding: request, as: UTF8.self))
        }
        #expect(first == again && again.count == 2)
    }

    @Test
    func aRefusedRowMakesNoRequest() throws {
        let file = try TemporaryFolder().open("account_id,email\n")
        var builder = try RequestBuilder(layout: file.layout)
        do {
            _ = try builder.request(forRow: Array("A".utf8), line: 2)
            Issue.record("a row without all its cells made a request")
        } catch let error as RefusedRecord {
            #expect(error.refusals == [Refusal(field: nil, rule: RowFault.tooFewCells.rule)])
        }
    }

    @Test
    func aBuilderServesSeveralTasksBehindALock() async throws {
        let file = try TemporaryFolder().open("account_id,email\n")
        let shared = SharedBuilder(try RequestBuilder(layout: file.layout))
        let requests = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<50 { group.addTask { try shared.request(Array("A,p\(number)@example.com".utf8)) } }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(requests.count == 50)
    }
}
