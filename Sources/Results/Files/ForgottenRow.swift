package import Basics
import JSON
import RecordStore

/// What is left in result files of a record whose person was forgotten: its line, its status, and the warning
/// `forgotten DATE`.
package struct ForgottenRow: Sendable, Equatable {
    /// The physical line of the input at which the record started, from 1.
    package let line: Int
    /// The record's status.
    package let status: String
    /// `forgotten`, with the day in UTC.
    package let warning: String

    /// Describes a row.
    ///
    /// - Parameters:
    ///   - line: The record's line.
    ///   - status: Its status, as result files name it.
    ///   - instant: When the person was forgotten.
    package init(line: Int, status: String, forgottenAt instant: WallTime) {
        (self.line, self.status) = (line, status)
        warning = "forgotten \(Timestamp.text(instant).prefix(10))"
    }

    /// Nil for a record of anybody else.
    init?(_ row: ResultRow) {
        guard let instant = row.forgottenAt else { return nil }
        self.init(line: row.line, status: row.status.rawValue, forgottenAt: instant)
    }

    /// The row in a file of CSV.
    ///
    /// - Parameters:
    ///   - columns: The names in its header.
    ///   - delimiter: The byte between its cells.
    /// - Returns: The row with its line end.
    package func csv(columns: [String], delimiter: UInt8) -> [UInt8] {
        var row = CSVRow(delimiter: delimiter)
        return csv(columns, &row)
    }

    func csv(_ columns: [String], _ row: inout CSVRow) -> [UInt8] {
        row.begin()
        for column in columns {
            switch column {
            case "line": row.cell(line)
            case "status": row.cell(status)
            case "warnings": row.cell(warning)
            default: row.empty()
            }
        }
        row.end()
        return row.bytes
    }

    /// The row as a line of `results.jsonl`, with its line end: the members of any other, those that are gone null.
    package var jsonLine: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        for name in ResultColumns.record {
            writer.key(name)
            switch name {
            case "line": writer.integer(Int64(line))
            case "status": writer.string(status)
            default: writer.null()
            }
        }
        for (name, texts) in zip(ResultColumns.messages, [[warning], []]) {
            writer.key(name)
            writer.beginArray()
            for text in texts { writer.string(text) }
            writer.endArray()
        }
        for name in [ResultColumns.origin, "answer"] {
            writer.key(name)
            writer.null()
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
