import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite("Rows of files that were written")
struct WrittenRowsTests {
    private static func rows(_ text: String, _ delimiter: UInt8?) throws -> [(Range<Int>, [String])] {
        let folder = try TemporaryFolder()
        var rows: [(Range<Int>, [String])] = []
        try WrittenRows.forEach(in: folder.write(text), delimiter: delimiter) { row in
            rows.append((row.lines, delimiter == nil ? [String(decoding: row.rawRow, as: UTF8.self)] : row.cells))
        }
        return rows
    }

    @Test("A row takes the lines that its quoted cells take; empty lines are none")
    func lines() throws {
        let rows = try Self.rows("line,id\n2,a\n\n\"4\",\"b\r\n\"\"b\"\"\"\r\n6,\n", Byte.comma)
        #expect(rows.map(\.0) == [1..<2, 2..<3, 4..<6, 6..<7])
        #expect(rows.map(\.1) == [["line", "id"], ["2", "a"], ["4", "b\r\n\"b\""], ["6", ""]])
    }

    @Test("A cell is found by its place, and none behind the row's end")
    func cells() throws {
        let folder = try TemporaryFolder()
        try WrittenRows.forEach(in: folder.write("a;\"b;b\";c"), delimiter: Byte.semicolon) { row in
            #expect((0..<4).map { row.cell($0) } == ["a", "b;b", "c", nil])
            #expect(row.object == nil)
        }
    }

    @Test("Lines of JSON give members; what is no object gives none")
    func objects() throws {
        let folder = try TemporaryFolder()
        var found: [(Int?, String?)] = []
        let text = "{\"line\":3,\"status\":\"failed\"}\n[1]\nnonsense\n{\"line\":\"x\"}\n"
        try WrittenRows.forEach(in: folder.write(text), delimiter: nil) { row in
            found.append((row.object?.integer("line"), row.object?.text("status")))
        }
        #expect(found.map(\.0) == [3, nil, nil, nil] && found.map(\.1) == ["failed", nil, nil, nil])
    }

    @Test(
        "The delimiter stands before a column that the writer of the file has named",
        arguments: [
            ("line,id,status,attempts,x\n", "attempts", Byte.comma),
            ("\"_status\";\"_reason\"\n", "_reason", Byte.semicolon),
            ("\u{FEFF}a\t_status\t_reason\n", "_reason", Byte.tab), ("a,b\n1,2\n", "_reason", nil),
            ("\"name\nof two\",_status,_reason\n1,2,3\n", "_reason", Byte.comma), ("", "_reason", nil),
        ] as [(String, String, UInt8?)])
    func delimiter(text: String, column: String, delimiter: UInt8?) throws {
        let folder = try TemporaryFolder()
        #expect(try WrittenRows.delimiter(before: column, in: folder.write(text)) == delimiter)
    }
}
