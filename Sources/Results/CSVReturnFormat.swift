/// Gives CSV rows back as they were, with `_status` and `_reason` behind them.
///
/// A file that was given back before has these two columns already; they are taken out first, so that the header never
/// names a column twice, which would refuse the whole file.
///
/// A row with too few cells gets empty ones, so that the two columns stand where the header says. A row with too many keeps
/// its surplus behind them: in sight, and still refused until somebody has mended it, for which cell is the one too many
/// nobody but its author knows, and a guess could be sent and billed.
struct CSVReturnFormat {
    private let delimiter: UInt8
    private let lineEnd: [UInt8]
    private let header: [UInt8]
    /// How many cells a row has under the header as it came.
    private let width: Int
    /// Places of earlier own columns.
    private let stale: Set<Int>

    init(delimiter: UInt8, header: [UInt8], lineEnd: [UInt8]) {
        self.delimiter = delimiter
        // A header without rows may have ended with the file.
        self.lineEnd = lineEnd.isEmpty ? [UInt8(ascii: "\n")] : lineEnd
        let cells = Self.cells(of: header, delimiter: delimiter)
        width = cells.count
        stale = Set(cells.indices.filter { OwnColumn.contains(Self.unquoted(header[cells[$0]])) })
        self.header = header
    }

    var headerLine: [UInt8] { line(header, OwnColumn.status, OwnColumn.reason) }

    func line(_ rawRow: [UInt8], _ status: String, _ reason: String) -> [UInt8] {
        var row = CSVRow(delimiter: delimiter)
        row.cell(status)
        row.cell(reason)
        let cells = Self.cells(of: rawRow, delimiter: delimiter)
        if cells.count == width, stale.isEmpty { return rawRow + [delimiter] + row.bytes + lineEnd }
        let places = (0..<width).filter { !stale.contains($0) }
        let kept = places.map { $0 < cells.count ? rawRow[cells[$0]] : [] }
        let surplus = cells.dropFirst(width).map { rawRow[$0] }
        return Array((kept + [row.bytes[...]] + surplus).joined(separator: [delimiter])) + lineEnd
    }

    /// Where the cells of a row are; a delimiter inside quotes is none (RFC 4180 §2.6).
    private static func cells(of row: [UInt8], delimiter: UInt8) -> [Range<Int>] {
        var cells: [Range<Int>] = []
        var start = 0
        var isQuoted = false
        for (index, byte) in row.enumerated() {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == delimiter, !isQuoted else { continue }
            cells.append(start..<index)
            start = index + 1
        }
        return cells + [start..<row.count]
    }

    private static func unquoted(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let quote = UInt8(ascii: "\"")
        return cell.count >= 2 && cell.first == quote && cell.last == quote ? cell.dropFirst().dropLast() : cell
    }
}
