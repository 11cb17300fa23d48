import IdentityInsights

/// Gives CSV rows back, cell by cell as they were.
///
/// Two things alone are changed: a cell that a spreadsheet would run gets a mark (`SpreadsheetGuard`), and a cell whose
/// quotes were wrong is put in right ones, so that whatever opens the file finds its columns where they were.
///
/// A row with too few cells gets empty ones, so that what is said of it stands where the header says. A row with too
/// many keeps its surplus behind that: in sight, and still refused until somebody has mended it, for which cell is the
/// one too many nobody but its author knows, and a guess could be sent and billed.
struct ReturnedCSV: Sendable {
    private let delimiter: UInt8
    private let lineEnd: [UInt8]
    private let header: [UInt8]
    /// How many cells a row has under the header as it came.
    private let width: Int
    /// Places of earlier notes.
    private let stale: Set<Int>
    /// Whether cells may carry marks already.
    private let isReturned: Bool
    /// Whether every cell of the header stands in quotes: then so does what is added.
    private let quotesAll: Bool

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - header: the header as it stood in the file, without its line end.
    ///   - lineEnd: LF or CRLF.
    init(delimiter: UInt8, header: [UInt8], lineEnd: [UInt8]) {
        self.delimiter = delimiter
        self.lineEnd = lineEnd
        self.header = header
        let cells = Self.cells(of: header, delimiter)
        let names = header.withUnsafeBytes { header in cells.map { HeaderCells.name(of: $0.cell, in: header) } }
        width = 1 + (names.lastIndex { !$0.isEmpty } ?? 0)
        stale = Set(names.indices.filter { ReturnNote.columns.contains(names[$0]) })
        isReturned = names.contains(ReturnNote.statusColumn)
        quotesAll = cells.prefix(width).allSatisfy { $0.place.first.map { header[$0] } == Byte.quote }
    }

    var headerLine: [UInt8] { line(header, notes: ReturnNote.columns) }

    func line(_ rawRow: [UInt8], _ note: ReturnNote) -> [UInt8] { line(rawRow, notes: note.cells) }

    private func line(_ row: [UInt8], notes: [String]) -> [UInt8] {
        // Where files were joined a mark may stand before a row; in the middle of a file it means nothing.
        let row = row.starts(with: ByteOrderMark.utf8) ? Array(row.dropFirst(ByteOrderMark.utf8.count)) : row
        var cells = Self.cells(of: row, delimiter)[...]
        // Blank cells too many at the end are nothing, here as where they are read.
        row.withUnsafeBytes { row in
            while cells.count > width, let last = cells.last, last.isBlank(in: row) { cells.removeLast() }
        }
        var line: [UInt8] = []
        for place in 0..<width where !stale.contains(place) {
            if place < cells.count { append(cells[place], of: row, to: &line) }
            line.append(delimiter)
        }
        for note in notes {
            let text = Array(note.utf8)
            let needsMark = text.withUnsafeBytes(SpreadsheetGuard.isNeeded)
            append((needsMark ? [SpreadsheetGuard.mark] : []) + text, inQuotes: quotesAll, to: &line)
            line.append(delimiter)
        }
        for cell in cells.dropFirst(width) {
            append(cell, of: row, to: &line)
            line.append(delimiter)
        }
        line.removeLast()
        return line + lineEnd
    }

    private static func cells(of row: [UInt8], _ delimiter: UInt8) -> [CellScan] {
        row.withUnsafeBytes { CellScan.all(of: $0, delimiter: delimiter) }
    }

    /// A cell of the file: as it stands there where nothing is to be changed.
    private func append(_ scan: CellScan, of row: [UInt8], to line: inout [UInt8]) {
        let text = row[scan.cell.range]
        let needsMark = text.withUnsafeBytes { text in
            SpreadsheetGuard.isNeeded(by: text) && !(isReturned && SpreadsheetGuard.isPresent(in: text))
        }
        if scan.cell.range != scan.place {
            line.append(Byte.quote)
            if needsMark { line.append(SpreadsheetGuard.mark) }
            line += text
            line.append(Byte.quote)
        } else {
            append((needsMark ? [SpreadsheetGuard.mark] : []) + text, inQuotes: false, to: &line)
        }
    }

    /// A cell made from its text: in quotes where it must be (RFC 4180 §2.6).
    private func append(_ text: [UInt8], inQuotes: Bool, to line: inout [UInt8]) {
        let special = [delimiter, Byte.quote, Byte.newline, Byte.carriageReturn]
        guard inQuotes || text.contains(where: special.contains) else { return line += text }
        line.append(Byte.quote)
        for byte in text { line += byte == Byte.quote ? [byte, byte] : [byte] }
        line.append(Byte.quote)
    }
}
