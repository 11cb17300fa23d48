import JSON
import Testing

@testable import Results

@Suite struct ReturnFormatTests {
    private func csv(_ header: String, _ delimiter: Character = ",", lineEnd: String = "\n") throws -> CSVReturnFormat {
        CSVReturnFormat(
            delimiter: try #require(delimiter.asciiValue), header: Array(header.utf8), lineEnd: Array(lineEnd.utf8))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func aRowIsGivenBackAsItWas() throws {
        let format = try csv("\u{FEFF}id;\"full name\"", ";", lineEnd: "\r\n")
        #expect(text(format.headerLine) == "\u{FEFF}id;\"full name\";_status;_reason\r\n")
        let row = Array(" 7 ;\"a\r\n\"\"b\"\";\"".utf8)
        #expect(text(format.line(row, "failed", "a;b")) == " 7 ;\"a\r\n\"\"b\"\";\";failed;\"a;b\"\r\n")
    }

    @Test(arguments: [
        ("id,_status,_reason", "7,failed,\"no, never\"", "id", "7"),
        ("_status,id,\"_reason\"", "failed,7,why", "id", "7"),
        ("id,_reason", "7,why", "id", "7"),
        ("id,email,_status,_reason", "7,,failed,why", "id,email", "7,"),
        ("id,_statuses", "7,x", "id,_statuses", "7,x"),
    ])
    func columnsOfAnEarlierReturnAreReplaced(header: String, row: String, keptHeader: String, keptRow: String) throws {
        let format = try csv(header)
        #expect(text(format.headerLine) == keptHeader + ",_status,_reason\n")
        #expect(text(format.line(Array(row.utf8), "invalid", "rule")) == keptRow + ",invalid,rule\n")
    }

    @Test(arguments: [
        ("id,email,city", "7", "7,,,invalid,rule"), ("id,email,city", "", ",,,invalid,rule"),
        ("id,email,city", "7,a,b,c,\"d,e\"", "7,a,b,invalid,rule,c,\"d,e\""),
        ("id,email,_status,_reason", "7,a,invalid,old,c", "7,a,invalid,rule,c"),
        ("_status,id,email", "old,7", "7,,invalid,rule"),
    ])
    func whatIsSaidOfARowStandsUnderItsColumnsHoweverManyCellsItHas(
        header: String, row: String, line: String
    ) throws {
        #expect(text(try csv(header).line(Array(row.utf8), "invalid", "rule")) == line + "\n")
    }

    @Test(arguments: [
        (
            #"{"id":"7","user":{"email":"a\u0040b"}}"#,
            #"{"id":"7","user":{"email":"a\u0040b"},"_status":"failed","_reason":"say \"no\""}"#
        ),
        ("{}", #"{"_status":"failed","_reason":"say \"no\""}"#),
        (
            #"{"_reason":"old","id":1.50,"_status":"old"}"#,
            #"{"id":1.50,"_status":"failed","_reason":"say \"no\""}"#
        ),
        ("[1]", "[1]"), ("{\"id\":", "{\"id\":"), ("", #"{"_status":"failed","_reason":"say \"no\""}"#),
    ])
    func aJSONLineGetsTwoMembersMore(row: String, line: String) {
        #expect(text(JSONReturnFormat().line(Array(row.utf8), "failed", "say \"no\"")) == line + "\n")
    }
}
