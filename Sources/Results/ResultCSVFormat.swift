import Foundation
import IdentityInsights
import JSON
import RecordStore

/// The form of `results.csv`.
public struct ResultOptions: Sendable, Equatable {
    /// The byte between its cells.
    public enum Delimiter: Sendable {
        case comma
        case semicolon
        /// That of the input; a comma where it has none.
        case input
    }

    /// The byte between cells.
    public var delimiter: Delimiter
    /// Whether an id that a spreadsheet would run gets a `'` before it.
    public var guardsIDs: Bool

    /// Describes the form; without arguments with commas, and with ids as they are.
    public init(delimiter: Delimiter = .comma, guardsIDs: Bool = false) {
        self.delimiter = delimiter
        self.guardsIDs = guardsIDs
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
        guard isEscaped, let text = try? JSONDocument(copying: quoted).root.stringBytes else { return row.cell(inside) }
        text.withUnsafeBytes { row.cell($0) }
    }

    private mutating func messages(_ messages: [String]) {
        guard !messages.isEmpty else { return row.empty() }
        row.cell(messages.joined(separator: " | "))
    }
}
