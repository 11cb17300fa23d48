import Basics
import Foundation
import IdentityInsights
import JSON
import RecordStore

/// A file with a row for each input line: the kinds in which results are written.
package enum ResultTable: String, Sendable, CaseIterable {
    case csv
    case jsonl
    /// Made from `results.csv`, and from it again when rows of it change, so that it needs that beside it.
    case xlsx

    /// The file's name in the batch's folder.
    package var fileName: String { "results.\(rawValue)" }
}

/// Which tables of results are written, and the form of `results.csv`.
package struct ResultOptions: Sendable, Equatable {
    /// The byte between its cells.
    package enum Delimiter: Sendable {
        case comma
        case semicolon
        /// The input's; a comma where it has none.
        case input
    }

    /// The byte between cells.
    package var delimiter: Delimiter
    /// Whether an id that a spreadsheet would execute gets a leading `'`.
    package var guardsIDs: Bool
    /// At least one of them; a workbook only beside `results.csv`.
    package var tables: Set<ResultTable>

    /// Describes the form; without arguments with commas, with ids as they are, and without a workbook.
    package init(delimiter: Delimiter = .comma, guardsIDs: Bool = false, tables: Set<ResultTable> = [.csv, .jsonl]) {
        self.delimiter = delimiter
        self.guardsIDs = guardsIDs
        self.tables = tables
    }
}

/// Writes records as rows of `results.csv`, in the columns of `ResultColumns`. Lines end in LF.
struct ResultCSVFormat {
    private var row: CSVRow
    private let guardsIDs: Bool

    init(_ options: ResultOptions = ResultOptions(), inputDelimiter: UInt8? = nil) {
        let comma = UInt8(ascii: ",")
        let delimiter =
            switch options.delimiter {
            case .comma: comma
            case .semicolon: UInt8(ascii: ";")
            case .input: inputDelimiter ?? comma
            }
        row = CSVRow(delimiter: delimiter)
        guardsIDs = options.guardsIDs
    }

    mutating func header() -> [UInt8] {
        row.begin()
        for column in ResultColumns.all { row.cell(column) }
        row.end()
        return row.bytes
    }

    mutating func line(_ record: ResultRow, _ answer: AnswerCells) -> [UInt8] {
        if let forgotten = ForgottenRow(record) { return forgotten.csv(ResultColumns.all, &row) }
        row.begin()
        row.cell(record.line)
        id(record.id)
        row.cell(record.status.rawValue)
        row.cell(record.attempts)
        row.cell(record.httpStatus)
        row.cell(record.reasonCode)
        row.cell(record.error)
        row.cell(record.correlationID)
        row.cell(record.requestRefID)
        row.time(record.submittedAt)
        row.time(record.completedAt)
        cells(answer)
        messages(answer.warnings)
        messages(answer.alerts)
        row.cell(record.reusedFrom)
        row.end()
        return row.bytes
    }

    private mutating func id(_ id: [UInt8]) {
        let needsMark = guardsIDs && id.withUnsafeBytes(SpreadsheetGuard.isNeeded)
        (needsMark ? [SpreadsheetGuard.mark] + id : id).withUnsafeBytes { row.cell($0) }
    }

    private mutating func cells(_ answer: AnswerCells) {
        guard let document = answer.document else {
            for _ in answer.leaves { row.empty() }
            return
        }
        document.bytes.withUnsafeBytes { bytes in
            for leaf in answer.leaves { cell(UnsafeRawBufferPointer(rebasing: bytes[leaf])) }
        }
    }

    /// Text without its quotes, everything else as it stands in the answer; null is an empty cell.
    private mutating func cell(_ value: UnsafeRawBufferPointer) {
        switch value.first {
        case nil, UInt8(ascii: "n"): row.empty()
        case UInt8(ascii: "\""): text(value)
        default: row.cell(value)
        }
    }

    private mutating func text(_ quoted: UnsafeRawBufferPointer) {
        let inside = UnsafeRawBufferPointer(rebasing: quoted.dropFirst().dropLast())
        let isEscaped = inside.baseAddress.map { memchr($0, 0x5C, inside.count) != nil } ?? false
        // A string that cannot be decoded is written as it stands in the answer.
        guard isEscaped, let text = try? JSONDocument(copying: quoted).root.stringBytes else { return row.cell(inside) }
        text.withUnsafeBytes { row.cell($0) }
    }

    private mutating func messages(_ messages: [String]) {
        guard !messages.isEmpty else { return row.empty() }
        row.cell(messages.joined(separator: " | "))
    }
}

/// One CSV row being written (RFC 4180), in a buffer used again for each row.
///
/// A cell is put in quotes only where it holds the delimiter, a quote or a line break. Its bytes are kept as they are:
/// a cell that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`) is not changed here, since a risk score may be
/// negative and programs read this file; the only cell that comes from the input is the id (`ResultOptions`).
struct CSVRow {
    private(set) var bytes: [UInt8] = []
    private let delimiter: UInt8
    private var isFirst = true

    init(delimiter: UInt8 = UInt8(ascii: ",")) { self.delimiter = delimiter }

    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        isFirst = true
    }

    mutating func end() { bytes.append(UInt8(ascii: "\n")) }

    mutating func empty() { separate() }

    mutating func cell(_ text: String) {
        var text = text
        text.withUTF8 { cell(UnsafeRawBufferPointer($0)) }
    }

    mutating func cell(_ text: String?) {
        if let text { cell(text) } else { empty() }
    }

    mutating func cell(_ number: Int?) {
        separate()
        if let number { bytes.append(contentsOf: number.description.utf8) }
    }

    mutating func cell(_ utf8: UnsafeRawBufferPointer) {
        separate()
        if needsQuotes(utf8) { appendQuoted(utf8) } else { bytes.append(contentsOf: utf8) }
    }

    /// A time; nothing for nil.
    mutating func time(_ time: WallTime?) {
        separate()
        if let time { Timestamp.append(time, to: &bytes) }
    }

    private mutating func separate() {
        if !isFirst { bytes.append(delimiter) }
        isFirst = false
    }

    private func needsQuotes(_ utf8: UnsafeRawBufferPointer) -> Bool {
        for byte in utf8 where byte < 0x30 || byte == delimiter {
            if byte == delimiter || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D { return true }
        }
        return false
    }

    private mutating func appendQuoted(_ utf8: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// The columns of `results.csv`: the record's own, the insights' leaves, the API's messages.
enum ResultColumns {
    static let record = ofRecord.map(\.name)
    static let messages = ofMessages.map(\.name)
    /// Where a reused answer came from; last, so that the columns before it stay where they were.
    static let origin = "reused_from"
    static let all = record + InsightColumns.all + messages + [origin]

    /// A column's name and what it holds.
    private typealias Described = (name: String, about: String)

    private static let ofRecord: [Described] = [
        ("line", "the line of the input at which the record starts, from 1; the header is line 1"),
        ("id", "the record's id: of `id`, `record_id` of the job, or the account"),
        ("status", "see [below](#statuses)"),
        ("attempts", "calls that were made for it"),
        ("http_status", "of the last answer"),
        ("reason_code", "the API's, in the form of a name"),
        (
            "error",
            "why, in words: rule and column of an invalid line, the API's description, what holds a held one; never a value"
        ),
        ("correlation_id", "`X-MC-Correlation-ID` of the answer, for Mastercard's support"),
        ("request_ref_id", "the answer's `requestRefId`"),
        ("submitted_at", "when the last call began: ISO 8601 in UTC with milliseconds"),
        ("completed_at", "when it was answered, or given up"),
    ]

    private static let ofMessages: [Described] = [
        (
            "warnings",
            "the API's and our own, joined by ` | `; `forgotten DATE` alone where the person was forgotten: then line and "
                + "status are all that is left of the row"
        ),
        ("alerts", "the API's, likewise"),
    ]

    /// A table of all columns for docs/results.md, in their order.
    static var markdown: String {
        let last = [(name: origin, about: "the line, or `BATCH:LINE`, whose answer this is, where it is reused")]
        let rows = (ofRecord + InsightColumns.described + ofMessages + last).map {
            "| `\($0.name)` | \($0.about.replacing("|", with: "\\|")) |\n"
        }
        return "| column | what it holds |\n|---|---|\n" + rows.joined()
    }
}
