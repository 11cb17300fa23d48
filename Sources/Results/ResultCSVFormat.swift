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
        for leaf in answer.leaves { cell(leaf) }
        messages(answer.warnings)
        messages(answer.alerts)
        row.end()
        return row.bytes
    }

    /// Text without its quotes, everything else as it stands in the answer; null is an empty cell.
    private mutating func cell(_ leaf: JSONNode?) {
        guard let leaf, !leaf.isNull else { return row.empty() }
        guard leaf.withStringBytes({ row.cell($0) }) == nil else { return }
        leaf.raw.withUnsafeBytes { row.cell($0) }
    }

    private mutating func messages(_ messages: [String]) {
        guard !messages.isEmpty else { return row.empty() }
        row.cell(messages.joined(separator: " | "))
    }
}
