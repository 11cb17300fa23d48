import TestSupport
import Testing

@testable import Ingest

/// What is given back and taken in again is what it was, for any cells whatever.
struct ReturnedRoundTripTests {
    private static let pieces = [
        "'", "''", "=", "+", "-", "@", "\t", "\r", "\n", "\"", "\"\"", ",", ";", " ", "a", "é", "0013", "",
    ]

    private func cell(_ random: inout SeededRandom) -> String {
        (0..<random.next(in: 0...4)).map { _ in Self.pieces[random.next(in: 0...Self.pieces.count - 1)] }.joined()
    }

    /// A row as some program wrote it: with quotes where there must be, and at times where there need not.
    private func row(_ cells: [String], _ random: inout SeededRandom) -> String {
        cells.map { cell in
            let mustBeQuoted = cell.contains { ",;\t\"\r\n\r\n".contains($0) }
            return mustBeQuoted || random.next(in: 0...2) == 0 ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
        }.joined(separator: ",")
    }

    /// The texts of a row as Ingest reads them.
    private func texts(_ row: [UInt8], columns: Int, isReturned: Bool) -> [String]? {
        let cells = RowCells(delimiter: Byte.comma, columnCount: columns)
        return row.withUnsafeBytes { row in
            guard cells.split(row) == nil else { return nil }
            if isReturned { cells.takeOffMarks(in: row) }
            return (0..<columns).map { column in
                var text = ByteBuffer()
                CellText.append(cells[column], of: row, to: &text)
                return String(decoding: text.bytes, as: UTF8.self)
            }
        }
    }

    private func returned(_ row: [UInt8], under header: String) throws -> [UInt8] {
        let rows = ReturnedRows(
            layout: RecordLayout(
                format: .csv(delimiter: Byte.comma), headerLine: Array(header.utf8), lineEnd: [Byte.newline],
                hasByteOrderMark: false, columns: [], mapping: FieldMapping()))
        var line = rows.line(row, status: "failed", reason: "=why, \"so\"", line: 2, batch: "b-1")
        #expect(line.popLast() == Byte.newline)
        // The line is one record, whatever stands in its cells.
        let extent = line.withUnsafeBytes { RecordExtent.csv(in: $0, delimiter: Byte.comma, isLast: true) }
        #expect(extent?.length == line.count)
        return line
    }

    @Test(arguments: 0..<4)
    func everyCellComesBackAsItWas(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let cells = (0..<3).map { _ in cell(&random) }
            let row = Array(row(cells, &random).utf8)
            #expect(texts(row, columns: 3, isReturned: false) == cells)
            let once = try returned(row, under: "a,b,c")
            #expect(texts(once, columns: 7, isReturned: true).map { Array($0.prefix(3)) } == cells)
            let twice = try returned(once, under: "a,b,c,_status,_reason,_line,_batch")
            #expect(twice == once)
            let spreadsheetRuns = texts(once, columns: 7, isReturned: false)?.filter { cell in
                cell.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
            }
            #expect(spreadsheetRuns == [])
        }
    }

    @Test(arguments: 0..<4)
    func bytesThatAreNoRowKeepTheirColumns(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            // A record that spans lines has its quotes closed; one that does not holds no line end.
            let row = Array((cell(&random) + cell(&random) + cell(&random)).replacing("\n", with: "").utf8)
            let before = row.withUnsafeBytes { row in
                CellScan.all(of: row, delimiter: Byte.comma).map { scan in
                    var text = ByteBuffer()
                    CellText.append(scan.cell, of: row, to: &text)
                    return String(decoding: text.bytes, as: UTF8.self)
                }
            }
            let width = max(1, before.count)
            let header = (0..<width).map { "c\($0)" }.joined(separator: ",")
            let after = texts(try returned(row, under: header), columns: width + 4, isReturned: true)
            #expect(after.map { Array($0.prefix(width)) } == before)
            #expect(after?[width] == "failed")
        }
    }
}
