/// A line without a single visible character of its own: empty, of white space, or a row of CSV whose cells are all empty.
/// It is no record.
enum BlankLine {
    /// Whether a line is such a one.
    ///
    /// - Parameters:
    ///   - line: the line without its line end.
    ///   - delimiter: the byte between cells of CSV; nil where a line is no row.
    /// - Returns: whether it is.
    @inline(__always)
    static func isBlank(_ line: UnsafeRawBufferPointer, delimiter: UInt8?) -> Bool {
        guard let first = line.first else { return true }
        if InvisibleCharacters.isGraphic(first), first != delimiter, first != Byte.quote { return false }
        return isBlankSlowly(line, delimiter: delimiter)
    }

    @inline(never)
    private static func isBlankSlowly(_ line: UnsafeRawBufferPointer, delimiter: UInt8?) -> Bool {
        guard let delimiter else { return InvisibleCharacters.trimmed(line).isEmpty }
        var start = 0
        while start <= line.count {
            let rest = line.portion(start..<line.count)
            guard let end = emptyCellEnd(rest, delimiter: delimiter) else { return false }
            start += end + 1
        }
        return true
    }

    /// Where the cell at the beginning of `rest` ends, if it is empty; quotes may stand around the nothing in it.
    private static func emptyCellEnd(_ rest: UnsafeRawBufferPointer, delimiter: UInt8) -> Int? {
        let end = rest.firstOffset(of: delimiter, in: 0..<rest.count) ?? rest.count
        let cell = InvisibleCharacters.trimmed(rest.portion(0..<end))
        if cell.isEmpty { return end }
        guard cell.count >= 2, cell.first == Byte.quote, cell.last == Byte.quote,
            InvisibleCharacters.trimmed(cell.portion(1..<cell.count - 1)).isEmpty
        else { return nil }
        return end
    }
}
