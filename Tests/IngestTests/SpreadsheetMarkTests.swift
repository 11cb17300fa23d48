import IdentityInsights
import OpenSSL
import Testing

@testable import Ingest

/// What spreadsheets make of ids, accounts and phone numbers.
struct SpreadsheetMarkTests {
    @Test(arguments: [
        ("1001.0", SpreadsheetDamage.fractionRule), ("1001,00", SpreadsheetDamage.fractionRule),
        ("-5.0", SpreadsheetDamage.fractionRule), ("'0014", SpreadsheetDamage.apostropheRule),
        ("'abc", SpreadsheetDamage.apostropheRule), ("1.41556E+10", SpreadsheetDamage.scientificRule),
        (" 4E+07 ", SpreadsheetDamage.scientificRule),
    ])
    func isInvalidInAnIDAccountOrPhoneNumber(text: String, rule: String) throws {
        let built = try BuiltRecord.all(
            of: "id,account_id,email,phone_number,endCustomerRefId\n\"\(text)\",A,a@example.com,,\n"
                + "r,\"\(text)\",a@example.com,,\nr,A,,\"\(text)\",\nr,A,a@example.com,,\"\(text)\"\n")
        #expect(
            built.map(\.refusals) == [
                ["id \(rule)"], ["account_id (user.account.hashedAccountId) \(rule)"],
                ["phone_number (user.phone.number) \(rule)"], ["endCustomerRefId \(rule)"],
            ])
    }

    @Test(arguments: ["1001.5", "0.0.0", "A1001.0", "1001.", ".0", "10:00", "12E5", "0013", "O'Neill"])
    func anIDThatOnlyLooksALittleLikeItPasses(text: String) throws {
        #expect(try BuiltRecord.all(of: "account_id,email\n\"\(text)\",a@example.com\n").first?.request != nil)
    }

    @Test
    func anotherFieldMayBeWrittenSo() throws {
        let built = try BuiltRecord.all(of: "account_id,email,name,postal_code\nA,a@example.com,'t Hooft,10.0\n")
        #expect(built.first?.request?.contains(#""name":"'t Hooft""#) == true)
    }

    @Test(arguments: ["\"=\"\"0013\"\"\"", "=\"0013\"", " =\"0013\"", "\"=\"\" 0013 \"\"\""])
    func theFormulaThatKeepsZerosIsReadAsItsText(cell: String) throws {
        let built = try BuiltRecord.all(
            of: "account_id,name,email,postal_code\n\(cell),Ben Hill,ben@example.com,\(cell)\n")
        let hash = try SHA256.hex(Array("0013".utf8))
        #expect(
            built == [
                BuiltRecord(
                    id: "0013",
                    request: #"{"user":{"account":{"hashedAccountId":"\#(hash)"},"address":{"postalCode":"0013"},"#
                        + #""email":"ben@example.com","name":"Ben Hill"}}"#)
            ])
        let line = #"{"account_id":"=\"0013\"","name":"Ben Hill","email":"ben@example.com","postal_code":"=\"0013\""}"#
        #expect(try BuiltRecord.all(of: line, named: "a.jsonl") == built)
    }

    @Test(arguments: [
        ("=0013", "=0013"), ("=\"0013", nil), ("=\"\"", nil), ("\"=\"\"a\"\"\"\"b\"\"\"", #"=\"a\"\"b\""#),
        ("\"=\"\"0013\"\"&A1\"", #"=\"0013\"&A1"#),
    ])
    func anotherFormulaIsNotUnwrapped(cell: String, account: String?) throws {
        let built = try BuiltRecord.all(of: "hashed_account_id,email\n\(cell),a@example.com\n")
        #expect(
            built.map(\.request)
                == [account.map { #"{"user":{"account":{"hashedAccountId":"\#($0)"},"email":"a@example.com"}}"# }])
    }

    @Test
    func aFormulasTextIsLookedAtLikeAnyOther() throws {
        let built = try BuiltRecord.all(
            of: "account_id,email\n\"=\"\"1.5E+9\"\"\",a@example.com\n=\"NULL\",b@example.com\n")
        #expect(built.map(\.request) == [nil, nil])
    }

    @Test
    func idsThatLookSoPassWhereTheJobSaysSo() throws {
        let mapping = FieldMapping(values: ValueRules(checksSpreadsheets: false))
        let built = try BuiltRecord.all(
            of: "id,hashed_account_id,email,endCustomerRefId\n1.5E+9,1001.0,a@example.com,'17\n"
                + "\"=\"\"0013\"\"\",'0014,a@example.com,1E+5\n", mapping: mapping)
        #expect(built.map(\.id) == ["1.5E+9", "=\"0013\""])
        #expect(built.map { $0.request?.contains("hashedAccountId\":\"1001.0\"") } == [true, false])
        #expect(built.last?.request?.contains("hashedAccountId\":\"'0014\"") == true)
    }
}
