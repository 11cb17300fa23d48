import Basics
import Foundation
import JSON

/// A row of a file of records and the physical lines it takes: of an input file, or of one that Rollcall wrote.
package struct WrittenRow {
    /// From 1; a row of CSV may take several.
    package let lines: Range<Int>
    /// Valid until the next row is read.
    private let bytes: UnsafeRawBufferPointer
    private let delimiter: UInt8?

    fileprivate init(_ bytes: UnsafeRawBufferPointer, _ lines: Range<Int>, _ delimiter: UInt8?) {
        (self.bytes, self.lines, self.delimiter) = (bytes, lines, delimiter)
    }

    /// The row as it stands in the file, without its line end.
    package var rawRow: [UInt8] { Array(bytes) }

    /// The text of a cell of CSV, by its place from 0; nil beyond the row's end.
    package func cell(_ place: Int) -> String? {
        guard let delimiter else { return nil }
        let row = ByteOrderMark.dropped(from: bytes)
        var (scan, here) = (CellScan(of: row, at: 0, delimiter: delimiter), 0)
        while here < place {
            guard scan.place.upperBound < row.count else { return nil }
            scan = CellScan(of: row, at: scan.place.upperBound + 1, delimiter: delimiter)
            here += 1
        }
        var text = ByteBuffer()
        CellText.append(scan.cell, of: row, to: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// The texts of all cells of CSV.
    package var cells: [String] {
        guard let delimiter else { return [] }
        let row = ByteOrderMark.dropped(from: bytes)
        return CellScan.all(of: row, delimiter: delimiter).indices.compactMap(cell)
    }

    /// A line of JSON as an object; nil where it is none.
    package var object: JSONObject? {
        // What is no JSON has no members.
        guard let root = try? JSONDocument(copying: ByteOrderMark.dropped(from: bytes)).root, root.kind == .object
        else {
            return nil
        }
        return JSONObject(root: root)
    }

    /// The members of a line of JSON that the search for rows needs.
    package struct JSONObject {
        fileprivate let root: JSONNode

        /// A member that is a whole number.
        package func integer(_ name: String) -> Int? { root[name]?.integer.flatMap { Int(exactly: $0) } }

        /// A member that is a text.
        package func text(_ name: String) -> String? { root[name]?.string }
    }
}

/// Reads the rows of a file one after the other in constant memory, as ingest does; a header is the first of them.
package enum WrittenRows {
    /// Calls `body` for each row.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - delimiter: The byte between cells of CSV; nil for JSON-lines.
    ///   - body: Called for each row, with the first, in order.
    /// - Throws: `InputError` when the file cannot be read; whatever the body throws.
    package static func forEach(in path: String, delimiter: UInt8?, _ body: (WrittenRow) throws -> Void) throws {
        var reader = RecordReader(source: try OpenFile(path: path), delimiter: delimiter, offset: 0, line: 1)
        while let record = try reader.next() {
            try body(WrittenRow(record.bytes, record.line..<reader.line, delimiter))
        }
    }

    /// The byte that stands before a column's name in a header of CSV.
    ///
    /// - Parameters:
    ///   - column: A name that no other column's ends in; of several places the last of the first line counts.
    ///   - path: The file.
    /// - Returns: Nil where no line has it.
    /// - Throws: `InputError` when the file cannot be read.
    package static func delimiter(before column: String, in path: String) throws -> UInt8? {
        // A quoted name may hold a line end, so that the header takes several lines.
        var reader = RecordReader(source: try OpenFile(path: path), delimiter: nil, offset: 0, line: 1)
        let name = Data(column.utf8)
        while let record = try reader.next() {
            let line = Data(record.bytes)
            guard let place = line.range(of: name, options: .backwards) else { continue }
            return line[..<place.lowerBound].last { $0 != Byte.quote }
        }
        return nil
    }
}

extension RecordLayout {
    /// The byte between cells of CSV; nil for JSON-lines.
    package var delimiter: UInt8? {
        if case .csv(let byte) = format { byte } else { nil }
    }
}
