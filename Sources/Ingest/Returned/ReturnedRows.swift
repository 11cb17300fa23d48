/// Gives rows of a file back in the file's own form, with `_status`, `_reason`, `_line` and `_batch` behind them, so
/// that somebody mends them and sends them again.
///
/// Byte order mark, delimiter, line ends and quotes stay those of the file. Of a file that was given back before, these
/// four columns are replaced.
public struct ReturnedRows: Sendable {
    /// `csv` or `jsonl`.
    public let fileExtension: String
    /// What stands before the first row: the byte order mark and the header, where the file had them.
    public let beginning: [UInt8]
    /// The byte between cells; nil for JSON-lines.
    public let delimiter: UInt8?

    private enum Form: Sendable {
        case csv(ReturnedCSV)
        case jsonLines(ReturnedJSON)
    }

    private let form: Form

    /// Prepares the return of a file's rows.
    ///
    /// - Parameter layout: how the file's records are laid out.
    public init(layout: RecordLayout) {
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
    public func line(_ rawRow: [UInt8], status: String, reason: String, line: Int, batch: String) -> [UInt8] {
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
