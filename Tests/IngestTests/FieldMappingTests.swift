import Basics
import OpenSSL
import TestSupport
import Testing

@testable import Ingest

struct FieldMappingTests {
    private static let account = FieldRule(path: "user.account.hashedAccountId", source: .column("acct"))

    private static func name(_ source: FieldSource, _ transforms: FieldTransform...) -> FieldMapping {
        FieldMapping(
            fields: [
                account, FieldRule(path: "user.email", source: .value("a@example.com")),
                FieldRule(path: "user.name", source: source, transforms: transforms),
            ], ignoreColumns: ["a", "b", "c"])
    }

    struct Case: CustomTestStringConvertible {
        let mapping: FieldMapping
        let cells: String
        let name: String?

        var testDescription: String { "\(mapping.fields[2].source) \(mapping.fields[2].transforms) \(cells)" }
    }

    static let cases = [
        Case(mapping: name(.column("a")), cells: "Ann,x,y", name: "Ann"),
        Case(mapping: name(.column("a")), cells: ",x,y", name: nil),
        Case(mapping: name(.value("all")), cells: "Ann,x,y", name: "all"),
        Case(mapping: name(.columns(["b", "a"], join: " ")), cells: "Ann,Lee,y", name: "Lee Ann"),
        Case(mapping: name(.columns(["a", "b", "c"], join: ", ")), cells: "Ann,,Lee", name: "Ann, Lee"),
        Case(mapping: name(.columns(["a", "b"], join: "-")), cells: ",,y", name: nil),
        Case(mapping: name(.columns(["a", "b"], join: "")), cells: "\"A\"\"n\",n,y", name: "A\"nn"),
        Case(mapping: name(.column("a"), .trim), cells: "\" \t Ann Lee\n \",x,y", name: "Ann Lee"),
        Case(mapping: name(.column("a"), .trim), cells: "   ,x,y", name: nil),
        Case(mapping: name(.column("a"), .lowercase), cells: "ANN@Lee,x,y", name: "ann@lee"),
        Case(mapping: name(.column("a"), .lowercase), cells: "ÄNN İ,x,y", name: "änn i\u{307}"),
        Case(mapping: name(.column("a"), .uppercase), cells: "ann@[z],x,y", name: "ANN@[Z]"),
        Case(mapping: name(.column("a"), .uppercase), cells: "straße,x,y", name: "STRASSE"),
        Case(mapping: name(.column("a"), .digits), cells: "+1 (778) 573-2875,x,y", name: "17785732875"),
        Case(
            mapping: name(.column("a"), .sha256), cells: "abc,x,y",
            name: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Case(
            mapping: name(.column("a"), .trim, .lowercase, .sha256), cells: " ABC ,x,y",
            name: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ]

    @Test(arguments: cases)
    func fillsAFieldFromColumnsAndTransforms(_ example: Case) throws {
        let built = try BuiltRecord.all(of: "acct,a,b,c\nh,\(example.cells)\n", mapping: example.mapping)
        let escaped = example.name?.replacing("\"", with: "\\\"")
        let name = escaped.map { #","name":"\#($0)""# } ?? ""
        #expect(
            built.first?.request
                == #"{"user":{"account":{"hashedAccountId":"h"},"email":"a@example.com"\#(name)}}"#)
    }

    @Test
    func aTransformDoesNotHideASpreadsheetsDamage() throws {
        let mapping = FieldMapping(fields: [
            Self.account,
            FieldRule(path: "user.phone.number", source: .column("phone"), transforms: [.digits]),
        ])
        let built = try BuiltRecord.all(
            of: "acct,phone\nh,1.41556E+10\nh,1001.0\nh,'0014\nh,1 41556\n", mapping: mapping)
        #expect(built.map { $0.request == nil } == [true, true, true, false])
    }

    @Test
    func theRecordsIDMayBeAnyColumn() throws {
        let mapping = FieldMapping(
            fields: [Self.account, FieldRule(path: "user.email", source: .column("mail"))], recordID: "mail")
        let built = try BuiltRecord.all(of: "acct,mail\nh,a@example.com\nh,\n", mapping: mapping)
        #expect(built.map(\.id) == ["a@example.com", ""])
        let known = try BuiltRecord.all(
            of: "account_id,email,ref\nh,a@example.com,17\n", mapping: FieldMapping(recordID: "ref"))
        #expect(known.first?.id == "17" && known.first?.request != nil)
    }

    @Test
    func anIDColumnIsUnderstoodBesideAMapping() throws {
        let built = try BuiltRecord.all(of: "id,acct,a,b,c\nr9,h,x,y,z\n", mapping: Self.name(.column("a")))
        #expect(built.first?.id == "r9")
    }

    struct Refused: CustomTestStringConvertible {
        let header: String
        let mapping: FieldMapping
        let rule: String

        var testDescription: String { rule }
    }

    private static func rule(_ path: String, _ source: FieldSource) -> FieldMapping {
        FieldMapping(fields: [
            FieldRule(path: path, source: source), FieldRule(path: "user.account.hashedAccountId", source: .value("h")),
            FieldRule(path: "user.phone.number", source: .value("5551234567")),
        ])
    }

    static let refused = [
        Refused(
            header: "acct,id,mail,email,name", mapping: FieldMapping(fields: [account], ignoreColumns: ["mail"]),
            rule:
                "unknown columns 'email', 'name'; rename, start the name with _, or list under ignore_columns of a job"),
        Refused(
            header: "acct,id,mial", mapping: FieldMapping(fields: [account], ignoreColumns: ["mail"]),
            rule: "unknown column 'mial'"),
        Refused(
            header: "id,acount", mapping: FieldMapping(fields: [account], ignoreColumns: ["acount"]),
            rule: "has no column 'acct', which the job uses for user.account.hashedAccountId"),
        Refused(
            header: "email,nr", mapping: FieldMapping(ignoreColumns: ["nr"], recordID: "ref"),
            rule: "has no column 'ref', which the job uses for the record's id"),
        Refused(header: "a", mapping: rule("user.phone", .column("a")), rule: "is a group of fields"),
        Refused(header: "a", mapping: rule("user.email.x", .column("a")), rule: "lies below a field"),
        Refused(header: "a", mapping: rule("customer.mail", .column("a")), rule: "is no field of the API"),
        Refused(
            header: "id", mapping: rule("device.ip", .value("nowhere")),
            rule: "the value the job gives device.ip must be an IPv4 or IPv6 address"),
        Refused(
            header: "a",
            mapping: FieldMapping(fields: [
                FieldRule(path: "user.name", source: .column("a")), FieldRule(path: "user.name", source: .value("x")),
            ]), rule: "two columns fill user.name"),
    ]

    @Test(arguments: ["device.os", "device.isp", "user.emial", "user.phones"])
    func aPathThatAJobNamesIsTakenAtItsWord(path: String) throws {
        let mapping = Self.rule(path, .column("os"))
        #expect(try TemporaryFolder().refusal(of: "os\n", mapping: mapping) == nil)
    }

    @Test(arguments: refused)
    func columnsAndMappingThatDoNotFitAreRefused(_ example: Refused) throws {
        let error = try #require(try TemporaryFolder().refusal(of: example.header + "\n", mapping: example.mapping))
        #expect(error.rule.contains(example.rule), "\(error)")
    }
}
