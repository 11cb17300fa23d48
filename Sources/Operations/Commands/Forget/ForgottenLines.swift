import Basics
import Foundation
import Ingest
import Results

/// Which lines change in the files of a batch, so that forgotten records stand in them no more. It reads the files and
/// changes nothing; done again, it finds nothing to change.
struct ForgottenLines: Sendable {
    /// A column of `results.csv` whose name no other's ends in.
    static let distinctColumn = "attempts"

    /// When each record was forgotten, by the line at which it started in the input.
    let times: [Int: WallTime]

    /// What becomes of a result file.
    ///
    /// - Parameters:
    ///   - name: Its name, one of those that result files have.
    ///   - path: Where it is.
    /// - Returns: Nil for a file that is none of them, which stays as it is.
    /// - Throws: `InputError` when it cannot be read.
    func decision(on name: String, at path: String) throws -> ResultEdit.Decision? {
        switch name {
        case ResultTable.csv.fileName: try csv(path).map(ResultEdit.Decision.edit)
        case ResultTable.jsonl.fileName: .edit(try jsonLines(path))
        case ResultTable.xlsx.fileName: workbook(path)
        case let name where Self.isOfReturnedJSON(name): try returnedJSONLines(path)
        default: try returnedCSV(path)
        }
    }

    /// It is made again from `results.csv` when that is changed; without that it cannot be.
    private func workbook(_ path: String) -> ResultEdit.Decision? {
        let table = URL(filePath: path).deletingLastPathComponent().appending(path: ResultTable.csv.fileName).path
        return FileManager.default.fileExists(atPath: table) ? nil : .remove
    }

    /// Whether a result file holds lines of JSON that are given back.
    static func isOfReturnedJSON(_ name: String) -> Bool {
        name.hasSuffix(".jsonl") && name != ResultTable.jsonl.fileName
    }

    /// What becomes of a file of JSON lines that are given back, of which those that are no object stand there as they came
    /// and tell nothing of their place.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - isTheirs: Whether such a line is to be taken out.
    /// - Returns: Its changes.
    /// - Throws: `InputError` when it cannot be read; what `isTheirs` throws.
    static func unplaced(_ path: String, where isTheirs: ([UInt8]) throws -> Bool) throws -> ResultEdit.Decision {
        var (edits, rows) = (LineEdits(), 0)
        try WrittenRows.forEach(in: path, delimiter: nil) { row in
            rows += 1
            guard row.object == nil, try isTheirs(row.rawRow) else { return }
            edits.add(row.lines, .removed)
            rows -= 1
        }
        return rows == 0 ? .remove : .edit(edits)
    }

    /// What becomes of an input file that was put away: rows leave empty lines, so that all others keep their numbers.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - delimiter: The byte between cells of CSV; nil for JSON-lines.
    /// - Returns: The changes.
    /// - Throws: `InputError` when it cannot be read.
    func input(_ path: String, delimiter: UInt8?) throws -> LineEdits {
        var edits = LineEdits()
        try WrittenRows.forEach(in: path, delimiter: delimiter) { row in
            if times[row.lines.lowerBound] != nil { edits.add(row.lines, .emptied) }
        }
        return edits
    }

    private func csv(_ path: String) throws -> LineEdits? {
        guard let delimiter = try WrittenRows.delimiter(before: Self.distinctColumn, in: path) else { return nil }
        var (edits, columns, status) = (LineEdits(), [String](), 0)
        try WrittenRows.forEach(in: path, delimiter: delimiter) { row in
            guard !columns.isEmpty else {
                columns = row.cells
                status = columns.firstIndex(of: "status") ?? 0
                return
            }
            guard let line = row.cell(0).flatMap({ Int($0) }), let time = times[line], let word = row.cell(status)
            else {
                return
            }
            let left = ForgottenRow(line: line, status: word, forgottenAt: time)
            edits.replace(row, by: left.csv(columns: columns, delimiter: delimiter))
        }
        return edits
    }

    private func jsonLines(_ path: String) throws -> LineEdits {
        var edits = LineEdits()
        try WrittenRows.forEach(in: path, delimiter: nil) { row in
            guard let object = row.object, let line = object.integer("line"), let time = times[line],
                let word = object.text("status")
            else { return }
            edits.replace(row, by: ForgottenRow(line: line, status: word, forgottenAt: time).jsonLine)
        }
        return edits
    }

    private func returnedCSV(_ path: String) throws -> ResultEdit.Decision? {
        guard let delimiter = try WrittenRows.delimiter(before: "_reason", in: path) else { return nil }
        var (edits, rows, place) = (LineEdits(), 0, Int?.none)
        try WrittenRows.forEach(in: path, delimiter: delimiter) { row in
            guard let column = place else {
                place = row.cells.firstIndex(of: "_line")
                return
            }
            rows += 1
            guard let line = row.cell(column).flatMap({ Int($0) }), times[line] != nil else { return }
            edits.add(row.lines, .removed)
            rows -= 1
        }
        return rows == 0 ? .remove : .edit(edits)
    }

    /// Lines that are no object are taken out before; see ``unplaced(_:where:)``.
    private func returnedJSONLines(_ path: String) throws -> ResultEdit.Decision? {
        var (edits, rows) = (LineEdits(), 0)
        try WrittenRows.forEach(in: path, delimiter: nil) { row in
            rows += 1
            guard let line = row.object?.integer("_line"), times[line] != nil else { return }
            edits.add(row.lines, .removed)
            rows -= 1
        }
        return rows == 0 ? .remove : .edit(edits)
    }
}

extension LineEdits {
    /// Puts a line in a row's place, unless it stands there already.
    fileprivate mutating func replace(_ row: WrittenRow, by line: [UInt8]) {
        if row.rawRow != Array(line.dropLast()) { add(row.lines, .replaced(line)) }
    }
}
