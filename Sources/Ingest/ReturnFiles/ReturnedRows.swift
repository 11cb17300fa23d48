import IdentityInsights
import JSON

/// Returns rows of a file in the file's own form, with `_status`, `_reason`, `_line` and `_batch` as the last columns,
/// so that they can be corrected and sent again: what `Results` writes into `failed.*`, `in_doubt.*` and `cancelled.*`.
/// ``ReturnedLines`` reads such a file when it comes back.
///
/// Byte order mark, delimiter, line ends and quotes stay those of the file. Of a file that was given back before, these
/// four columns are replaced.
package struct ReturnedRows: Sendable {
    /// `csv` or `jsonl`.
    package let fileExtension: String
    /// What stands before the first row: the byte order mark and the header, where the file had them.
    package let beginning: [UInt8]
    /// The byte between cells; nil for JSON-lines.
    package let delimiter: UInt8?

    private enum Form: Sendable {
        case csv(ReturnedCSV)
        case jsonLines(ReturnedJSON)
    }

    private let form: Form

    /// Prepares the return of a file's rows.
    ///
    /// - Parameter layout: how the file's records are laid out.
    package init(layout: RecordLayout) {
        let mark = layout.hasByteOrderMark ? ByteOrderMark.utf8 : []
        // A header without rows may have ended with the file.
        let lineEnd = layout.lineEnd.isEmpty ? [Byte.newline] : layout.lineEnd
        switch layout.format {
        case .csv(let delimiter):
            let csv = ReturnedCSV(delimiter: delimiter, header: layout.headerLine, lineEnd: lineEnd)
            (fileExtension, self.delimiter) = ("csv", delimiter)
            (form, beginning) = (.csv(csv), mark + csv.headerLine)
        case .jsonLines:
            (fileExtension, delimiter) = ("jsonl", nil)
            (form, beginning) = (.jsonLines(ReturnedJSON(lineEnd: lineEnd)), mark)
        }
    }

    /// One row, ready to be written.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stood in the file; empty where it was too long to be kept.
    ///   - status: what became of it.
    ///   - reason: why, without any value.
    ///   - line: the physical line it started at, from 1.
    ///   - batch: its batch's name.
    /// - Returns: the row with its line end.
    package func line(_ rawRow: [UInt8], status: String, reason: String, line: Int, batch: String) -> [UInt8] {
        let note = ReturnNote(status: status, reason: reason, line: line, batch: batch)
        return switch form {
        case .csv(let csv): csv.line(rawRow, note)
        case .jsonLines(let json): json.line(rawRow, note)
        }
    }
}

/// What is said of a row that is given back, and the columns it is said in. Ingest ignores columns whose names start
/// with `_` but for what ``RecordLayout/isReturned`` and ``ReturnedLines`` make of these.
struct ReturnNote {
    static let statusColumn = "_status"
    static let reasonColumn = "_reason"
    static let lineColumn = "_line"
    static let batchColumn = "_batch"
    static let columns = [statusColumn, reasonColumn, lineColumn, batchColumn]

    let status: String
    let reason: String
    let line: Int
    let batch: String

    /// In the order of the columns.
    var cells: [String] { [status, reason, String(line), batch] }
}

extension RecordLayout {
    /// Whether the rows are those of a file that was given back, whose cells may carry marks for spreadsheets.
    var isReturned: Bool {
        if case .csv = format { columns.contains(ReturnNote.statusColumn) } else { false }
    }
}

/// Gives CSV rows back, cell by cell as they were.
///
/// Only two things are changed: a cell that a spreadsheet would execute gets a mark (`SpreadsheetGuard`), and a cell
/// whose quotes were wrong is quoted correctly, so that any program finds the columns where they were.
///
/// A row with too few cells gets empty ones, so that the notes are where the header says. A row with too many keeps its
/// surplus after them: visible, and refused until it has been corrected, for only its author knows which cell is the
/// surplus one, and a guess could be sent and billed.
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
    /// Whether every cell of the header is quoted: then the added cells are, too.
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

/// Gives JSON lines back as they were, with the note's members after the others.
struct ReturnedJSON: Sendable {
    let lineEnd: [UInt8]

    /// A line that is no JSON object is given back as it was: there is no place in it for more. One that was too long to
    /// be kept comes back with the note alone.
    func line(_ rawRow: [UInt8], _ note: ReturnNote) -> [UInt8] {
        // Where files were joined a mark of byte order may stand before a line.
        let isMarked = rawRow.starts(with: ByteOrderMark.utf8)
        let rawRow =
            rawRow.isEmpty ? Array("{}".utf8) : Array(rawRow.dropFirst(isMarked ? ByteOrderMark.utf8.count : 0))
        // What cannot be parsed is no object either.
        guard let root = try? JSONDocument(parsing: rawRow).root, root.kind == .object else { return rawRow + lineEnd }
        var writer = JSONWriter(capacity: rawRow.count + 256)
        writer.beginObject()
        for (name, value) in root.members where !ReturnNote.columns.contains(name) {
            writer.key(name)
            writer.raw(value.raw)
        }
        writer.key(ReturnNote.statusColumn)
        writer.string(note.status)
        writer.key(ReturnNote.reasonColumn)
        writer.string(note.reason)
        writer.key(ReturnNote.lineColumn)
        writer.integer(Int64(note.line))
        writer.key(ReturnNote.batchColumn)
        writer.string(note.batch)
        writer.endObject()
        return writer.bytes + lineEnd
    }
}
