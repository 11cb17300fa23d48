import Basics
import CXlsxWriter
import Foundation
import IdentityInsights
import RecordStore

/// `results.xlsx`: the rows of `results.csv` for a spreadsheet. It is made from that file, so that both say the same,
/// and is made again when rows of it were changed.
enum ResultWorkbook {
    static let name = ResultTable.xlsx.fileName
    /// The file it is made from.
    static let source = ResultTable.csv.fileName

    /// Writes the workbook.
    ///
    /// - Parameters:
    ///   - csv: The path of a whole `results.csv`, or of what will be it.
    ///   - file: Where the workbook goes.
    ///   - createdAt: What it says of its making.
    ///   - rowsPerSheet: Rows of one sheet, the header included, above 1; further rows go to further sheets.
    /// - Throws: `ResultError` naming what cannot be read or written.
    static func write(
        from csv: String, into file: ResultFile, createdAt: WallTime, rowsPerSheet: Int = Workbook.rowsPerSheet
    ) throws {
        let workbook = try Workbook(
            path: file.temporaryPath, temporaryFolder: file.folderPath,
            createdAt: max(1, Int(createdAt.milliseconds / 1_000)), name: name)
        var (columns, row, sheets) = ([Column](), 0, 0)
        try CSVRecords.forEach(in: csv) { cells in
            if columns.isEmpty {
                columns = cells.map(Column.init)
                return
            }
            if row % (rowsPerSheet - 1) == 0 {
                sheets += 1
                try workbook.beginSheet(
                    sheets == 1 ? "results" : "results \(sheets)", header: columns.map { ($0.name, $0.width) })
            }
            try workbook.append(zip(columns, cells).map { $0.cell($1) })
            row += 1
        }
        if sheets == 0 { try workbook.beginSheet("results", header: columns.map { ($0.name, $0.width) }) }
        try workbook.close()
    }

    /// A column of `results.csv`, and what its cells become.
    struct Column {
        let name: String
        private let kind: Kind

        private enum Kind {
            /// Digits stay text: ids, codes, times.
            case text
            case status
            /// A number, a truth value, or else text.
            case value
        }

        /// The record's own columns, and those of the insights that are names or codes, are text.
        init(_ name: String) {
            self.name = name
            let numbers = ["line", "attempts", "http_status"]
            let texts = Set(ResultColumns.record + ResultColumns.messages + [ResultColumns.origin]).subtracting(numbers)
                .union(InsightColumns.texts)
            kind = name == "status" ? .status : texts.contains(name) ? .text : .value
        }

        /// In characters.
        var width: Double { min(40, max(10, Double(name.count) + 2)) }

        /// A cell's text as a workbook has it.
        func cell(_ text: String) -> Workbook.Cell {
            if text.isEmpty { return .empty }
            switch kind {
            case .text: return .text(text)
            case .status: return .text(text, RecordStatus(rawValue: text)?.look ?? .text)
            case .value:
                if text == "true" || text == "false" { return .boolean(text == "true") }
                return Self.number(text).map { .number($0) } ?? .text(text)
            }
        }

        /// A number as JSON writes it that a spreadsheet can hold without loss (IEEE 754, 15 digits); `00042` is none.
        private static func number(_ text: String) -> Double? {
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let bytes = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
            guard let first = bytes.first, let last = bytes.last, digits.contains(first), digits.contains(last),
                bytes.count <= 22, bytes.count(where: digits.contains) <= 15,
                first != UInt8(ascii: "0") || bytes.count == 1 || bytes.dropFirst().first == UInt8(ascii: "."),
                bytes.allSatisfy({ digits.contains($0) || Self.marks.contains($0) })
            else { return nil }
            return Double(text).flatMap { $0.isFinite ? $0 : nil }
        }

        private static let marks = Array(".eE+-".utf8)
    }
}

extension RecordStatus {
    fileprivate var look: Workbook.Look {
        switch self {
        case .succeeded, .reused: .good
        case .failed, .invalid: .bad
        case .inDoubt: .doubtful
        case .queued, .inFlight, .cancelled: .text
        }
    }
}

/// Reads the rows of a `results.csv` that Rollcall wrote (RFC 4180, lines end in LF), in constant memory.
private enum CSVRecords {
    /// Bytes that are read at once.
    private static let portion = 1 << 18

    /// Calls a function with the cells of each row, the header first. What stands between them is what follows the
    /// header's first name.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - body: Gets the cells' texts, quotes undone; bytes that are no UTF-8 are replaced.
    /// - Throws: `ResultError` when the file cannot be read; whatever `body` throws.
    static func forEach(in path: String, _ body: ([String]) throws -> Void) throws {
        let file = try ResultFolder.naming(path, "read") { () throws(SystemFault) in
            try OwnedDescriptor(opening: path, O_RDONLY)
        }
        var (cells, offset) = (CSVCells(), 0)
        while true {
            let bytes = try ResultFolder.naming(path, "read") { () throws(SystemFault) in
                try file.read(upTo: portion, at: offset)
            }
            if bytes.isEmpty { return }
            offset += bytes.count
            for byte in bytes {
                if let row = cells.take(byte) { try body(row) }
            }
        }
    }
}

/// The cells of one row after the other, from bytes. A pure value.
struct CSVCells {
    private var cells: [String] = []
    private var cell: [UInt8] = []
    private var isQuoted = false
    /// The last byte was a quote inside quotes: the end of the cell, or the first half of a quote.
    private var mayEnd = false
    /// Known once the header's first name is over.
    private var delimiter: UInt8?

    /// Takes the next byte; returns the row that it ends.
    mutating func take(_ byte: UInt8) -> [String]? {
        if isQuoted {
            if byte == UInt8(ascii: "\"") {
                (isQuoted, mayEnd) = (false, true)
            } else {
                cell.append(byte)
            }
            return nil
        }
        defer { mayEnd = false }
        switch byte {
        case UInt8(ascii: "\""):
            if mayEnd { cell.append(byte) }
            isQuoted = true
        case UInt8(ascii: "\n"):
            endCell()
            defer { cells.removeAll(keepingCapacity: true) }
            return cells
        case delimiter: endCell()
        default:
            guard delimiter == nil, !Self.isOfName(byte) else {
                cell.append(byte)
                return nil
            }
            delimiter = byte
            endCell()
        }
        return nil
    }

    private mutating func endCell() {
        cells.append(String(decoding: cell, as: UTF8.self))
        cell.removeAll(keepingCapacity: true)
    }

    /// Whether a byte can stand in the name of the first column, `line`.
    private static func isOfName(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}

/// A spreadsheet's file being written row by row, in constant memory: rows that are passed go to a temporary file.
final class Workbook {
    /// How a cell looks.
    enum Look: CaseIterable {
        case header
        case text
        case good
        case bad
        case doubtful
    }

    /// One cell.
    enum Cell: Equatable {
        /// Nothing.
        case empty
        case text(String, Look = .text)
        case number(Double)
        case boolean(Bool)
    }

    /// What a spreadsheet takes in one sheet, the header included.
    static let rowsPerSheet = 1_048_576
    /// Characters of one cell.
    private static let longestText = 32_767

    /// Owned until it is closed or given up; both free it, and neither is done twice.
    private var handle: UnsafeMutablePointer<lxw_workbook>?
    private var sheet: UnsafeMutablePointer<lxw_worksheet>?
    private var formats: [Look: UnsafeMutablePointer<lxw_format>] = [:]
    private var row: lxw_row_t = 0
    private var columns: lxw_col_t = 0
    private let name: String

    /// Begins a workbook.
    ///
    /// - Parameters:
    ///   - path: Its file. One that is there is written over and keeps its mode.
    ///   - temporaryFolder: Where rows are kept until it is closed, in files without a name.
    ///   - createdAt: What the file says of its making, in seconds since 1970 UTC, above 0: the same rows then make the
    ///     same file.
    ///   - name: By which errors name it.
    /// - Throws: `ResultError` when there is no memory for it.
    init(path: String, temporaryFolder: String, createdAt: Int, name: String) throws {
        self.name = name
        let made = temporaryFolder.withCString { folder in
            // The library takes a copy of the folder's name.
            var options = lxw_workbook_options(
                constant_memory: 1, tmpdir: UnsafeMutablePointer(mutating: folder), use_zip64: 1)
            return workbook_new_opt(path, &options)
        }
        guard let made else { throw ResultError(.notWritten, "\(name) cannot be begun: there is no memory for it") }
        handle = made
        var properties = lxw_doc_properties()
        properties.created = time_t(createdAt)
        try check(workbook_set_properties(made, &properties))
        for look in Look.allCases { formats[look] = try format(look, in: made) }
    }

    deinit {
        if let handle { lxw_workbook_free(handle) }
    }

    /// Begins a further sheet.
    ///
    /// - Parameters:
    ///   - title: Its name, at most 31 characters.
    ///   - header: The first row, which stays in sight; a column each, with its width in characters.
    /// - Throws: `ResultError` when there is no memory for it.
    func beginSheet(_ title: String, header: [(title: String, width: Double)]) throws {
        endSheet()
        sheet = workbook_add_worksheet(handle, title)
        guard sheet != nil else { throw failure(LXW_ERROR_MEMORY_MALLOC_FAILED) }
        (row, columns) = (0, lxw_col_t(header.count))
        for (column, cell) in header.enumerated() {
            try check(worksheet_set_column(sheet, lxw_col_t(column), lxw_col_t(column), cell.width, nil))
        }
        worksheet_freeze_panes(sheet, 1, 0)
        try append(header.map { .text($0.title, .header) })
    }

    /// Writes the next row.
    func append(_ cells: [Cell]) throws {
        for (column, cell) in cells.enumerated() {
            let column = lxw_col_t(column)
            switch cell {
            case .empty: break
            case .number(let number): try check(worksheet_write_number(sheet, row, column, number, nil))
            case .boolean(let flag): try check(worksheet_write_boolean(sheet, row, column, flag ? 1 : 0, nil))
            case .text(let text, let look):
                try check(worksheet_write_string(sheet, row, column, Self.storable(text), formats[look]))
            }
        }
        row += 1
    }

    /// Writes the file.
    func close() throws {
        endSheet()
        let closing = handle
        // It is freed whatever becomes of it.
        handle = nil
        try check(workbook_close(closing))
    }

    private func endSheet() {
        guard let sheet, row > 0, columns > 0 else { return }
        worksheet_autofilter(sheet, 0, 0, row - 1, columns - 1)
    }

    /// Text as the file's format can hold it: without NUL, with an escape's own look escaped (ECMA-376 part 1, 22.4.2.4:
    /// `_x0041_` would be read as `A`), and no longer than a cell.
    static func storable(_ text: String) -> String {
        var text = text.contains("\0") ? text.replacing("\0", with: "\u{FFFD}") : text
        if text.contains("_x") { text = text.replacing(/_(?=x[0-9A-Fa-f]{4}_)/, with: "_x005F_") }
        guard text.utf8.count > longestText, text.unicodeScalars.count > longestText else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestText - 1))) + "…"
    }

    private func format(_ look: Look, in workbook: UnsafeMutablePointer<lxw_workbook>) throws
        -> UnsafeMutablePointer<lxw_format>
    {
        guard let format = workbook_add_format(workbook) else { throw failure(LXW_ERROR_MEMORY_MALLOC_FAILED) }
        // Text, whatever it looks like: `00042` and `=1+1` stay as they are, also when somebody edits the cell.
        format_set_num_format(format, "@")
        switch look {
        case .header: format_set_bold(format)
        case .text: break
        case .good: colour(format, ground: 0xDDF3E4, ink: 0x1D5B37)
        case .bad: colour(format, ground: 0xFBDDDB, ink: 0x8A1C17)
        case .doubtful: colour(format, ground: 0xFCEFC7, ink: 0x6B4E00)
        }
        return format
    }

    private func colour(_ format: UnsafeMutablePointer<lxw_format>, ground: UInt32, ink: UInt32) {
        format_set_bg_color(format, ground)
        format_set_font_color(format, ink)
    }

    private func check(_ code: lxw_error) throws {
        if code != LXW_NO_ERROR { throw failure(code) }
    }

    private func failure(_ code: lxw_error) -> ResultError {
        let text = lxw_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
        return ResultError(.notWritten, "\(name) cannot be written; make room there, or see to the folder", cause: text)
    }
}
