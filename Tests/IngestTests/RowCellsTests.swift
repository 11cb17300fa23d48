import Foundation
import Testing

@testable import Ingest

struct RowCellsTests {
    struct Case: CustomTestStringConvertible {
        let row: String
        let cells: [String]?
        let fault: RowFault?

        init(_ row: String, _ cells: [String]) { (self.row, self.cells, fault) = (row, cells, nil) }
        init(_ row: String, _ fault: RowFault) { (self.row, cells, self.fault) = (row, nil, fault) }

        var testDescription: String { row }
    }

    static let cases = [
        Case("a,b,c", ["a", "b", "c"]),
        Case(",,", ["", "", ""]),
        Case("a,,", ["a", "", ""]),
        Case(" a , b,c ", [" a ", " b", "c "]),
        Case("abcdefgh,ijklmnop,qrstuvwx", ["abcdefgh", "ijklmnop", "qrstuvwx"]),
        Case("abcdefghijklmnop,äöü,日本語", ["abcdefghijklmnop", "äöü", "日本語"]),
        Case("\"a\",\"b\",\"c\"", ["a", "b", "c"]),
        Case("\"a,b\",\"c\nd\",e", ["a,b", "c\nd", "e"]),
        Case("\"say \"\"hi\"\"\",\"\"\"\",\"\"", ["say \"hi\"", "\"", ""]),
        Case("\"\"\"\"\"\",a\r,b", ["\"\"", "a\r", "b"]),
        Case("a,b", .tooFewCells),
        Case("", .tooFewCells),
        Case("\"a,b,c\"", .tooFewCells),
        Case("a,b,c,d", .tooManyCells),
        Case("a,b,c,d,", .tooManyCells),
        Case("a,b,c,,d", .tooManyCells),
        Case("a,b,c,\"d\"", .tooManyCells),
        Case("a,b,c,\"d", .quoteNeverClosed),
        Case("a,b,c,", ["a", "b", "c"]),
        Case("a,b,,", ["a", "b", ""]),
        Case("a,b,c,,, ,\"\",", ["a", "b", "c"]),
        Case("\"a\",b,c, ,", ["a", "b", "c"]),
        Case("abcdefgh,abcdefgh,abcdefgh,,,,,,,,,,,", ["abcdefgh", "abcdefgh", "abcdefgh"]),
        Case("a,b,c, , \t,\"\"", ["a", "b", "c"]),
        Case("\"a\",b,\"c\",,", ["a", "b", "c"]),
        Case("aaaaaaaaaa,b,c,,,,,,", ["aaaaaaaaaa", "b", "c"]),
        Case("a,b,c,,x", .tooManyCells),
        Case("\"a\",b,c,\"x\"", .tooManyCells),
        Case("=\"0013\",b,=\"\"", ["=\"0013\"", "b", "=\"\""]),
        Case("=\"0013,b,c", .quoteInPlainCell),
        Case("\"a\",b,c,d", .tooManyCells),
        Case("aaaaaaaaaaaa,b,c,d,e,f,g", .tooManyCells),
        Case("a\"b,c,d", .quoteInPlainCell),
        Case("a, \"b\",c", .quoteInPlainCell),
        Case("\"a\"b,c,d", .textBehindQuote),
        Case("a,\"b\" ,c", .textBehindQuote),
        Case("a,b,\"c", .quoteNeverClosed),
        Case("a,b,\"", .quoteNeverClosed),
        Case("a,b,\"c\"\"", .quoteNeverClosed),
    ]

    @Test(arguments: cases)
    func splitsByRFC4180(_ example: Case) {
        #expect(Self.split(example.row, delimiter: Byte.comma).fault == example.fault)
        #expect(Self.split(example.row, delimiter: Byte.comma).cells == example.cells)
    }

    @Test(arguments: cases, [Byte.semicolon, Byte.tab])
    func splitsAlikeWithOtherDelimiters(_ example: Case, delimiter: UInt8) {
        let other = String(decoding: [delimiter], as: UTF8.self)
        let row = example.row.replacingOccurrences(of: ",", with: other)
        let cells = example.cells?.map { $0.replacingOccurrences(of: ",", with: other) }
        #expect(Self.split(row, delimiter: delimiter).fault == example.fault)
        #expect(Self.split(row, delimiter: delimiter).cells == cells)
    }

    private static func split(_ row: String, delimiter: UInt8) -> (cells: [String]?, fault: RowFault?) {
        let cells = RowCells(delimiter: delimiter, columnCount: 3)
        return Array(row.utf8).withUnsafeBytes { bytes in
            if let fault = cells.split(bytes) { return (nil, fault) }
            return ((0..<3).map { text(of: cells[$0], in: bytes) }, nil)
        }
    }

    private static func text(of cell: Cell, in row: UnsafeRawBufferPointer) -> String {
        var buffer = ByteBuffer()
        CellText.append(cell, of: row, to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
