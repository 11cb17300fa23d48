import Basics
import Foundation
import OpenSSL
import TestSupport
import Testing

@testable import Ingest

struct InputFileTests {
    @Test(arguments: [
        ("account_id,email\n", Byte.comma), ("account_id;email\n", Byte.semicolon), ("account_id\temail\n", Byte.tab),
        ("\"account_id\";\"email\"\n", Byte.semicolon), ("account_id,email", Byte.comma),
        ("account_id;email", Byte.semicolon),
    ])
    func findsTheDelimiterInTheHeader(header: String, delimiter: UInt8) throws {
        #expect(try TemporaryFolder().open(header).format == .csv(delimiter: delimiter))
    }

    @Test
    func delimitersInsideQuotedNamesDoNotCount() throws {
        let mapping = FieldMapping(ignoreColumns: ["a,b,c"])
        let file = try TemporaryFolder().open("\"a,b,c\";email;account_id\n", mapping: mapping)
        #expect(file.format == .csv(delimiter: Byte.semicolon))
        #expect(file.layout.columns == ["a,b,c", "email", "account_id"])
    }

    @Test
    func keepsTheHeaderAsItStood() throws {
        let file = try TemporaryFolder().open("\u{FEFF}\"account_id\"; email\r\n1;a@example.com\r\n")
        #expect(String(decoding: file.layout.headerLine, as: UTF8.self) == "\"account_id\"; email")
        #expect(file.layout.columns == ["account_id", "email"])
        #expect(file.layout.lineEnd == Array("\r\n".utf8))
        #expect(file.layout.hasByteOrderMark)
        #expect(file.dataLine == 2)
    }

    @Test
    func aQuotedNameMayHoldANewline() throws {
        let mapping = FieldMapping(ignoreColumns: ["two\nlines"])
        let file = try TemporaryFolder().open("account_id,email,\"two\nlines\"\n1,a@example.com,x\n", mapping: mapping)
        #expect(file.dataLine == 3)
        var records = file.records()
        #expect(try records.next()?.line == 3)
    }

    @Test
    func aLayoutIsTheSameAfterBeingStored() throws {
        let mapping = FieldMapping(
            fields: [
                FieldRule(path: "user.account.hashedAccountId", source: .column("ref")),
                FieldRule(path: "user.email", source: .column("mail"), transforms: [.trim, .lowercase]),
                FieldRule(path: "user.name", source: .columns(["first", "last"], join: " ")),
                FieldRule(path: "placement", source: .value("web")),
            ], ignoreColumns: ["x"], recordID: "ref",
            values: ValueRules(trims: false, checksSpreadsheets: false, placeholders: ["TBD"], absentTexts: ["?"]))
        let layout = try TemporaryFolder().open("mail;first;last;x;ref\n", mapping: mapping).layout
        #expect(try RecordLayout(decoding: layout.encoded()) == layout)
        #expect(try layout.encoded() == RecordLayout(decoding: layout.encoded()).encoded())
    }

    @Test
    func theDigestIsOfTheWholeContent() throws {
        let folder = try TemporaryFolder()
        let text = "\u{FEFF}account_id,email\n" + String(repeating: "1,ä@example.com\n", count: 40_000)
        let examined = try folder.open(text).examine()
        #expect(examined.contentDigest == (try SHA256.digest(Array(text.utf8))))
        #expect(examined.file.byteCount == text.utf8.count)
    }

    @Test
    func jsonLinesAreKnownByTheirFirstByte() throws {
        let folder = try TemporaryFolder()
        for text in ["{\"email\":\"a@example.com\"}", "\u{FEFF}\n {\"user\":{}}\n", "{broken\n"] {
            #expect(try folder.open(text).format == .jsonLines)
        }
    }

    @Test
    func columnsThatStartWithAnUnderscoreAndIgnoredOnesMayHaveAnyName() throws {
        let mapping = FieldMapping(ignoreColumns: ["shoe size"])
        let file = try TemporaryFolder().open("account_id,email,_status,_reason,shoe size\n", mapping: mapping)
        #expect(file.layout.columns.count == 5)
    }

    @Test
    func aFileThatIsUnfinishedByItsNameIsRefused() throws {
        let error = try #require(
            try TemporaryFolder().refusal(of: "account_id,email\n1,a@example.com\n", named: "acc.csv.filepart"))
        #expect(error.rule.contains("(.filepart)"))
    }

    @Test
    func aFileThatAProgramHasOpenForWritingIsNotTakenYet() throws {
        let folder = try TemporaryFolder()
        let file = try folder.open("account_id,email\n1,a@example.com\n")
        try file.requireNoWriter()
        let writer = try #require(FileHandle(forWritingAtPath: folder.path + "/accounts.csv"))
        #expect(throws: InputError.self) { try file.requireNoWriter() }
        try writer.close()
        try file.requireNoWriter()
    }
}
