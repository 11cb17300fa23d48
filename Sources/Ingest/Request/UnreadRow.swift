import Basics
import JSON

/// A row that cannot be taken apart as its layout says: with cells too few or too many, with wrong quotes, or no JSON object.
/// Which of its values is an id nobody can tell, so that each may be one.
struct UnreadRow {
    private let row: UnsafeRawBufferPointer
    private let delimiter: UInt8?

    /// - Parameters:
    ///   - row: The row as it stands in the file; valid as long as this is used.
    ///   - delimiter: The byte between cells of CSV; nil for JSON-lines.
    init(_ row: UnsafeRawBufferPointer, delimiter: UInt8?) {
        self.row = ByteOrderMark.dropped(from: row)
        self.delimiter = delimiter
    }

    /// Every value that may stand in it, without white space and invisible characters at its ends: what is written between
    /// quotes, and what is written between any marks of CSV or JSON.
    var values: Set<[UInt8]> {
        let marks = Self.marks.union(delimiter.map { [$0] } ?? [])
        var values = pieces { $0 == Byte.quote }.union(pieces(between: marks.contains))
        if let delimiter { values.formUnion(cells(delimiter)) } else { values.formUnion(leaves) }
        values.remove([])
        return values
    }

    /// What separates values in one form of files or another.
    private static let marks = Set(Array(#",;:{}[]"'="#.utf8) + [Byte.tab, Byte.newline, Byte.carriageReturn])

    private func pieces(between isMark: (UInt8) -> Bool) -> Set<[UInt8]> {
        Set(row.split(whereSeparator: isMark).map { Self.trimmed(UnsafeRawBufferPointer(rebasing: $0)) })
    }

    /// Cells whose quotes are right may hold marks.
    private func cells(_ delimiter: UInt8) -> Set<[UInt8]> {
        Set(
            CellScan.all(of: row, delimiter: delimiter).map { scan in
                var text = ByteBuffer()
                CellText.append(scan.cell, of: row, to: &text)
                return Self.trimmed(text.bytes)
            })
    }

    /// Values of JSON that is no object, without its escapes.
    private var leaves: Set<[UInt8]> {
        // Of what is no JSON at all only its pieces are there.
        guard let root = try? JSONDocument(copying: row).root else { return [] }
        var leaves: Set<[UInt8]> = []
        root.forEachLeafPath { _, leaf in leaves.insert(leaf.stringBytes.map(Self.trimmed) ?? Array(leaf.raw)) }
        return leaves
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] { text.withUnsafeBytes(trimmed) }

    private static func trimmed(_ text: UnsafeRawBufferPointer) -> [UInt8] { Array(InvisibleCharacters.trimmed(text)) }
}
