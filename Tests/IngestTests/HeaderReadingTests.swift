import Basics
import TestSupport
import Testing

@testable import Ingest

/// What is made out of a file's first lines.
struct HeaderReadingTests {
    @Test(arguments: [";", ",", "\t"], ["\n", "\r\n"])
    func aLineThatNamesTheDelimiterIsUnderstood(delimiter: String, lineEnd: String) throws {
        let text = ["\u{FEFF}sep=;", "account_id;name;email", "1001;Ada Stone;ada@example.com", ""]
            .joined(separator: lineEnd).replacing(";", with: delimiter)
        let file = try TemporaryFolder().open(text)
        #expect(file.format == .csv(delimiter: Array(delimiter.utf8)[0]))
        #expect(file.layout.columns == ["account_id", "name", "email"] && file.dataLine == 3)
        let built = try BuiltRecord.all(of: file)
        #expect(built.map(\.id) == ["1001"] && built.first?.request != nil)
        var records = file.records()
        #expect(try records.next()?.line == 3)
    }

    @Test
    func theSameLineInQuotesIsUnderstoodToo() throws {
        let file = try TemporaryFolder().open("\"sep=;\"\r\naccount_id;email\r\n1001;ada@example.com\r\n")
        #expect(file.layout.columns == ["account_id", "email"] && file.dataLine == 3)
        #expect(try BuiltRecord.all(of: file).first?.request != nil)
    }

    @Test
    func aDelimiterThatIsNotReadIsNamed() throws {
        let error = try #require(try TemporaryFolder().refusal(of: "SEP=|\naccount_id|email\n"))
        #expect(error.rule.contains("names a delimiter that is not read") && error.line == 1)
    }

    @Test
    func faultsBehindSuchALineStandInLineTwo() throws {
        let error = try #require(try TemporaryFolder().refusal(of: "sep=;\naccount_id;email;phone_number;emial\n"))
        #expect(error.line == 2 && error.column == 31 && error.rule.contains("'emial'"))
    }

    @Test(arguments: [
        "account_id\u{A0},name,email", "\u{200B}account_id,name,\u{AD}email\u{2060}", "\t account_id ,name, email",
    ])
    func invisibleCharactersAroundANameAreNoPartOfIt(header: String) throws {
        let file = try TemporaryFolder().open(header + "\n1001,Ada,ada@example.com\n")
        #expect(file.layout.columns == ["account_id", "name", "email"])
        #expect(try BuiltRecord.all(of: file).first?.request != nil)
    }

    @Test
    func insideANameTheyAreNamed() throws {
        let error = try #require(try TemporaryFolder().refusal(of: "account_id,email,na\u{200B}me\n"))
        #expect(
            error.rule.contains("number 3, whose name holds an invisible character (U+200B) (did you mean 'name'?)"))
    }

    struct Tie: CustomTestStringConvertible {
        let header: String
        let fields: [String: String]
        let delimiter: UInt8

        var testDescription: String { header }
        var mapping: FieldMapping {
            FieldMapping(
                fields: fields.sorted { $0.key < $1.key }.map { FieldRule(path: $0.key, source: .column($0.value)) })
        }
    }

    static let ties = [
        Tie(
            header: "Kunde;E-Mail, privat",
            fields: ["user.account.hashedAccountId": "Kunde", "user.email": "E-Mail, privat"], delimiter: Byte.semicolon
        ),
        Tie(
            header: "Kunde;Name, Vorname, Titel;Mail",
            fields: [
                "user.account.hashedAccountId": "Kunde", "user.name": "Name, Vorname, Titel", "user.email": "Mail",
            ],
            delimiter: Byte.semicolon),
        Tie(
            header: "Kunde\tMail;1;2;3;4,",
            fields: ["user.account.hashedAccountId": "Kunde", "user.email": "Mail;1;2;3;4,"], delimiter: Byte.tab),
    ]

    @Test(arguments: ties)
    func theDelimiterIsTheOneUnderWhichTheColumnsAreKnown(_ tie: Tie) throws {
        let file = try TemporaryFolder().open(tie.header + "\n", mapping: tie.mapping)
        #expect(file.format == .csv(delimiter: tie.delimiter))
        #expect(file.layout.columns.count == tie.fields.count)
    }

    @Test
    func aNameMayHoldACRLF() throws {
        let mapping = FieldMapping(ignoreColumns: ["two\nlines"])
        let file = try TemporaryFolder().open(
            "account_id,email,\"two\r\nlines\"\r\n1,a@example.com,x\r\n", mapping: mapping)
        #expect(file.layout.columns == ["account_id", "email", "two\nlines"] && file.dataLine == 3)
        #expect(file.layout.lineEnd == Array("\r\n".utf8))
        #expect(try BuiltRecord.all(of: file).first?.request != nil)
    }

    struct Hidden: CustomTestStringConvertible {
        let line: String
        let rule: String
        var mapping: FieldMapping?

        var testDescription: String { line }
    }

    /// First lines that are records, with a value that is a column's name.
    static let hidden = [
        Hidden(
            line: "1001,Ada Stone,Main Street,id",
            rule:
                "of the 4 columns its first line names (with commas between them) 1 is known, and not number 1, number 2"
        ),
        Hidden(
            line: "1001;Ada;ID;Stone", rule: "none of the 4 columns its first line names (with semicolons between them)"
        ),
        Hidden(line: "Ada,email", rule: "of the 2 columns its first line names (with commas between them) 1 is known"),
        Hidden(
            line: "Ada,kunde,Stone",
            rule: "1 is known",
            mapping: FieldMapping(fields: [FieldRule(path: "user.email", source: .column("kunde"))])),
        Hidden(line: "Ada,_x,_y,id,Stone", rule: "mostly unknown"),
    ]

    @Test(arguments: hidden)
    func namesAreRepeatedOnlyWhereMostOfThemAreKnown(_ example: Hidden) throws {
        let error = try #require(try TemporaryFolder().refusal(of: example.line + "\n", mapping: example.mapping))
        #expect(error.rule.contains(example.rule), "\(error)")
        #expect(!["1001", "Ada", "Stone", "Main", "ID'"].contains { error.description.contains($0) }, "\(error)")
    }

    @Test(arguments: [
        ("id,name,email", "has no account, which every record needs; add a column account_id"),
        ("account_id,name", "has neither an email nor a phone number"),
        ("account_id,phone_country", "has neither an email nor a phone number"),
    ])
    func aFileOfWhichNoRecordCouldBeSentIsRefusedAtItsHeader(header: String, rule: String) throws {
        let error = try #require(try TemporaryFolder().refusal(of: header + "\nx,y,z\n"))
        #expect(error.rule.contains(rule) && error.line == 1)
    }

    @Test(arguments: ["accounts.csv", "accounts.jsonl"])
    func aJobThatFillsNoAccountIsToldSo(name: String) throws {
        let mapping = FieldMapping(fields: [FieldRule(path: "user.email", source: .column("mail"))])
        let text = name == "accounts.csv" ? "mail\n" : "{\"mail\":\"a@example.com\"}\n"
        let error = try #require(try TemporaryFolder().refusal(of: text, named: name, mapping: mapping))
        #expect(error.rule.contains("add user.account.hashedAccountId to the job's fields"))
    }

    @Test(arguments: [
        ("<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n", "is HTML: perhaps a sign-in page"),
        ("\u{FEFF}\r\n <html lang=\"en\">", "is HTML"), ("<!-- x --><HTML>", "is HTML"),
        ("<?xml version=\"1.0\"?>\n<records/>", "is XML"), ("{\\rtf1\\ansi", "is a text document (RTF)"),
        ("-----BEGIN PGP MESSAGE-----\n", "is encrypted with PGP; decrypt it first"),
    ])
    func aFileOfAnotherKindIsCalledByItsName(text: String, rule: String) throws {
        for name in ["accounts.csv", "accounts.json"] {
            let error = try #require(try TemporaryFolder().refusal(of: text, named: name))
            #expect(error.rule.contains(rule), "\(error)")
        }
    }

    @Test(arguments: [
        ([0x1F, 0x8B, 0x08, 0x00], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0x42, 0x5A, 0x68, 0x39], "bzip2"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"), ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7-Zip"),
        ([0x50, 0x41, 0x52, 0x31, 0x15], "Parquet"),
    ])
    func aCompressedFileIsCalledByItsName(bytes: [UInt8], kind: String) throws {
        #expect(try TemporaryFolder().refusal(of: bytes)?.rule.contains(kind) == true)
    }
}
