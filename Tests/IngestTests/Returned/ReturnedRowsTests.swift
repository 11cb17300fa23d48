import TestSupport
import Testing

@testable import Ingest

struct ReturnedRowsTests {
    private func rows(_ header: String, _ delimiter: UInt8 = Byte.comma, lineEnd: String = "\n") -> ReturnedRows {
        ReturnedRows(
            layout: RecordLayout(
                format: .csv(delimiter: delimiter), headerLine: Array(header.utf8), lineEnd: Array(lineEnd.utf8),
                hasByteOrderMark: false, columns: [], mapping: FieldMapping()))
    }

    private func line(_ rows: ReturnedRows, _ row: String, _ status: String = "invalid", _ reason: String = "rule")
        -> String
    {
        text(rows.line(Array(row.utf8), status: status, reason: reason, line: 9, batch: "acc-1"))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func markDelimiterLineEndsAndQuotesStayThoseOfTheFile() throws {
        let folder = try TemporaryFolder()
        let layout = try folder.open("\u{FEFF}account_id;\"name\";email\r\n").layout
        let rows = ReturnedRows(layout: layout)
        #expect(rows.fileExtension == "csv" && rows.delimiter == Byte.semicolon)
        #expect(text(rows.beginning) == "\u{FEFF}account_id;\"name\";email;_status;_reason;_line;_batch\r\n")
        #expect(
            line(rows, " 7 ;\"a\r\n\"\"b\"\"\";\"\"", "failed", "a;b")
                == " 7 ;\"a\r\n\"\"b\"\"\";\"\";failed;\"a;b\";9;acc-1\r\n")
    }

    @Test func whereEveryCellStandsInQuotesSoDoesWhatIsAdded() {
        let rows = rows("\"id\",\"full name\"")
        #expect(text(rows.beginning) == "\"id\",\"full name\",\"_status\",\"_reason\",\"_line\",\"_batch\"\n")
        #expect(line(rows, "\"7\",\"x\"") == "\"7\",\"x\",\"invalid\",\"rule\",\"9\",\"acc-1\"\n")
    }

    @Test(arguments: [
        ("id,_status,_reason", "7,failed,\"no, never\"", "id", "7"),
        ("_status,id,\"_reason\"", "failed,7,why", "id", "7"),
        ("id,_reason", "7,why", "id", "7"),
        ("id,email,_status,_reason,_line,_batch", "7,,failed,why,3,old-4", "id,email", "7,"),
        ("id,_statuses,_note", "7,x,y", "id,_statuses,_note", "7,x,y"),
    ])
    func columnsOfAnEarlierReturnAreReplaced(header: String, row: String, keptHeader: String, keptRow: String) {
        #expect(text(rows(header).beginning) == keptHeader + ",_status,_reason,_line,_batch\n")
        #expect(line(rows(header), row) == keptRow + ",invalid,rule,9,acc-1\n")
    }

    @Test(arguments: [
        // Too few cells, too many, and blank ones too many.
        ("id,email,city", "7", "7,,,@"), ("id,email,city", "", ",,,@"),
        ("id,email,city", "7,a,b,c,\"d,e\"", "7,a,b,@,c,\"d,e\""),
        ("id,email,city", "7,a,b,c,,", "7,a,b,@,c"), ("id,email,city", "7,a,b,,\"\", ", "7,a,b,@"),
        ("id,email,city,", "7,a,b,", "7,a,b,@"),
        ("id,email,_status,_reason", "7,a,invalid,old,c", "7,a,@,c"),
        ("_status,id,email", "old,7", "7,,@"),
        // Quotes that are wrong keep their cells, and are put right.
        ("id,name,city", "7,Ada \"the, first\",b", "7,\"Ada \"\"the\",\" first\"\"\",@,b"),
        ("id,name,city", "7,say \"no\",b", "7,\"say \"\"no\"\"\",b,@"),
        ("id,name,city", "7,\"a,b\"x,c", "7,\"\"\"a,b\"\"x\",c,@"),
        ("id,name,city", "7,\"never closed,c", "7,\"\"\"never closed\",c,@"),
        ("id,name,city", "7,a\rb,c", "7,\"a\rb\",c,@"),
        // What a spreadsheet would run.
        ("id,name,city", "=1+1,+49 30,-5", "'=1+1,'+49 30,'-5,@"),
        ("id,name,city", "\"=SUM(A1,B1)\",@x,\"\t\"", "\"'=SUM(A1,B1)\",'@x,\"'\t\",@"),
        ("id,name,city", "'0013,'=1,''+", "'0013,''=1,'''+,@"),
        ("id,name,_status", "'=1,=1,old", "'=1,'=1,@"),
        ("-id,name", "1,2", "1,2,@"),
    ])
    func whatIsSaidOfARowStandsUnderItsColumns(header: String, row: String, returned: String) {
        #expect(line(rows(header), row) == returned.replacing(",@", with: ",invalid,rule,9,acc-1") + "\n")
    }

    @Test func namesAndReasonsThatASpreadsheetWouldRunAreMarkedToo() {
        #expect(text(rows("-id,name").beginning) == "'-id,name,_status,_reason,_line,_batch\n")
        #expect(
            text(rows("id").line(Array("1".utf8), status: "failed", reason: "=1", line: 2, batch: "@b-1"))
                == "1,failed,'=1,2,'@b-1\n")
    }

    @Test(arguments: [
        (
            #"{"id":"7","user":{"email":"a\u0040b"}}"#,
            #"{"id":"7","user":{"email":"a\u0040b"},"_status":"failed","_reason":"say \"no\"","_line":9,"_batch":"acc-1"}"#
        ),
        ("{}", #"{"_status":"failed","_reason":"say \"no\"","_line":9,"_batch":"acc-1"}"#),
        (
            #"{"_reason":"old","id":1.50,"_line":2,"_status":"old"}"#,
            #"{"id":1.50,"_status":"failed","_reason":"say \"no\"","_line":9,"_batch":"acc-1"}"#
        ),
        ("[1]", "[1]"), ("{\"id\":", "{\"id\":"),
        ("", #"{"_status":"failed","_reason":"say \"no\"","_line":9,"_batch":"acc-1"}"#),
    ])
    func aJSONLineGetsItsMembersMore(row: String, returned: String) throws {
        let layout = try TemporaryFolder().open("\u{FEFF}{\"user\":{}}\r\n", named: "a.jsonl").layout
        let rows = ReturnedRows(layout: layout)
        #expect(rows.beginning == ByteOrderMark.utf8 && rows.fileExtension == "jsonl" && rows.delimiter == nil)
        #expect(line(rows, row, "failed", "say \"no\"") == returned + "\r\n")
    }
}
