/// The names in a CSV header.
struct HeaderCells: Sendable {
    /// The byte between cells.
    let delimiter: UInt8
    /// The columns' names in order, without white space around them.
    let names: [String]
    /// Where each name begins in the header, in bytes.
    let offsets: [Int]

    /// Reads a header and finds its delimiter: of comma, semicolon and tab the one that stands there most often
    /// outside quotes.
    ///
    /// - Parameter line: the header without its line end, well-formed UTF-8.
    /// - Throws: `PlanFault` for quotes that are not closed or stand where they may not.
    init(_ line: UnsafeRawBufferPointer) throws(PlanFault) {
        let delimiter = Self.delimiter(of: line)
        let count = 1 + Self.countOutsideQuotes(delimiter, in: line)
        let cells = RowCells(delimiter: delimiter, columnCount: count)
        if let fault = cells.split(line) { throw PlanFault("the header \(fault.rule)") }
        var names: [String] = []
        for place in 0..<count { names.append(Self.name(of: cells[place], in: line)) }
        if names.contains(ReturnNote.statusColumn) {
            cells.takeOffMarks(in: line)
            names = (0..<count).map { Self.name(of: cells[$0], in: line) }
        }
        self.delimiter = delimiter
        self.names = names
        offsets = (0..<count).map { cells[$0].range.lowerBound }
    }

    /// The name a header's cell stands for.
    static func name(of cell: Cell, in line: UnsafeRawBufferPointer) -> String {
        var text = ByteBuffer()
        CellText.append(cell, of: line, to: &text)
        let trimmed = text.bytes.drop(while: Byte.isSpace).reversed().drop(while: Byte.isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    /// Of comma, semicolon and tab the one most often outside quotes, in this order where they are even.
    static func delimiter(of line: UnsafeRawBufferPointer) -> UInt8 {
        let counts = [Byte.comma, Byte.semicolon, Byte.tab].map { (byte: $0, count: countOutsideQuotes($0, in: line)) }
        let most = counts.map(\.count).max() ?? 0
        return counts.first { $0.count == most }?.byte ?? Byte.comma
    }

    private static func countOutsideQuotes(_ delimiter: UInt8, in line: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var isQuoted = false
        for byte in line {
            if byte == Byte.quote { isQuoted.toggle() } else if byte == delimiter, !isQuoted { count += 1 }
        }
        return count
    }
}
