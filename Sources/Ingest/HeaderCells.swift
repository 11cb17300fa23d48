/// The names in a CSV header under one delimiter.
struct HeaderCells: Sendable {
    /// The byte between cells.
    let delimiter: UInt8
    /// The columns' names in order, without white space and invisible characters around them; a CRLF in a name is a LF.
    /// Cells without a name at the end are none.
    let names: [String]
    /// Where each name begins in the header, in bytes.
    let offsets: [Int]
    /// Length in bytes of the header up to the last name.
    let length: Int

    /// Reads a header.
    ///
    /// - Parameters:
    ///   - line: the header without its line end, well-formed UTF-8.
    ///   - delimiter: the byte between cells.
    /// - Throws: `PlanFault` for quotes that are not closed or stand where they may not.
    init(_ line: UnsafeRawBufferPointer, delimiter: UInt8) throws(PlanFault) {
        let count = 1 + Self.countOutsideQuotes(delimiter, in: line)
        let cells = RowCells(delimiter: delimiter, columnCount: count)
        if let fault = cells.split(line) { throw PlanFault("the header \(fault.rule)") }
        var names: [String] = []
        for place in 0..<count { names.append(Self.name(of: cells[place], in: line)) }
        if names.contains(ReturnNote.statusColumn) {
            cells.takeOffMarks(in: line)
            names = (0..<count).map { Self.name(of: cells[$0], in: line) }
        }
        while names.count > 1, names.last == "" { names.removeLast() }
        self.delimiter = delimiter
        self.names = names
        offsets = names.indices.map { cells[$0].range.lowerBound }
        let end = cells[names.count - 1].range.upperBound
        // Behind a quoted name its closing quote belongs to the header, too.
        length = line.firstOffset(of: delimiter, in: end..<line.count) ?? line.count
    }

    /// The name a header's cell stands for.
    static func name(of cell: Cell, in line: UnsafeRawBufferPointer) -> String {
        var text = ByteBuffer()
        CellText.append(cell, of: line, to: &text)
        let name = InvisibleCharacters.trimmed(String(decoding: text.bytes, as: UTF8.self))
        return name.replacing("\r\n", with: "\n")
    }

    /// How often a delimiter stands outside quotes.
    static func countOutsideQuotes(_ delimiter: UInt8, in line: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var isQuoted = false
        for byte in line {
            if byte == Byte.quote { isQuoted.toggle() } else if byte == delimiter, !isQuoted { count += 1 }
        }
        return count
    }
}
