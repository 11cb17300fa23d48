import Basics
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
