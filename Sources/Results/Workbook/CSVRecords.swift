import Basics
import Foundation

/// Reads the rows of a `results.csv` that Rollcall wrote (RFC 4180, lines end in LF), in constant memory.
enum CSVRecords {
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
