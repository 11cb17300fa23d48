import Foundation
import JSON
import RecordStore

/// Writes records as rows of `results.csv`, in the columns of `ResultColumns`. Lines end in LF.
struct ResultCSVFormat {
    private var row = CSVRow()

    mutating func header() -> [UInt8] {
        row.begin()
        for column in ResultColumns.all { row.cell(column) }
        row.end()
        return row.bytes
    }

    mutating func line(_ record: ResultRow, _ answer: AnswerCells) -> [UInt8] {
        row.begin()
        row.cell(record.line)
        record.id.withUnsafeBytes { row.cell($0) }
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
