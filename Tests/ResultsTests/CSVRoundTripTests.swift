import Testing

@testable import Results

@Suite struct CSVRoundTripTests {
    /// Reads one row by RFC 4180 §2, without leniency: nil where the row is none.
    private func cells(of row: [UInt8], delimiter: UInt8) -> [[UInt8]]? {
        let quote = UInt8(ascii: "\"")
        var cells: [[UInt8]] = []
        var rest = row[...]
        while true {
            var cell: [UInt8] = []
            if rest.first == quote {
                rest.removeFirst()
                while let byte = rest.popFirst() {
                    if byte != quote {
                        cell.append(byte)
                    } else if rest.first == quote {
                        cell.append(quote)
                        rest.removeFirst()
                    } else {
                        break
                    }
                }
            } else {
                while let byte = rest.first, byte != delimiter, byte != 0x0A {
                    guard byte != quote, byte != 0x0D else { return nil }
                    cell.append(byte)
                    rest.removeFirst()
                }
            }
            cells.append(cell)
            guard let next = rest.popFirst() else { return nil }
            if next == 0x0A { return rest.isEmpty ? cells : nil }
            guard next == delimiter else { return nil }
        }
    }

    @Test(arguments: [UInt8(ascii: ","), UInt8(ascii: ";"), 0x09])
    func everyCellComesBackAsItWas(delimiter: UInt8) {
        let pieces: [[UInt8]] = ["\"", ",", ";", "\t", "\r", "\n", "\r\n", " ", "=", "a", "é", "\0"].map {
            Array($0.utf8)
        }
        var row = CSVRow(delimiter: delimiter)
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let written = [first + second + third, third, [], second + first]
                    row.begin()
                    for cell in written { cell.withUnsafeBytes { row.cell($0) } }
                    row.end()
                    guard cells(of: row.bytes, delimiter: delimiter) != written else { continue }
                    Issue.record("\(written) became \(row.bytes)")
                }
            }
        }
    }
}
