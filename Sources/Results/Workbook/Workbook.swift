import Basics
import CXlsxWriter
import Foundation

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
