import IdentityInsights

/// Where a row's cells stand: the one splitter, both for rows that are read and for rows that are given back.
///
/// A cell whose quotes are wrong ends at the next delimiter behind the fault, so that the cells after it keep their
/// columns.
struct CellScan {
    /// The text; of a cell whose quotes are wrong all of its bytes.
    let cell: Cell
    /// The cell as it stands in the row, with its quotes.
    let place: Range<Int>
    /// What is wrong with its quotes; nil where nothing is.
    let fault: RowFault?

    /// Reads the cell that begins at an offset. Behind its place a delimiter stands, or the row ends.
    ///
    /// - Parameters:
    ///   - row: a record without its line end.
    ///   - start: where the cell begins, at most the row's length.
    ///   - delimiter: the byte between cells.
    init(of row: UnsafeRawBufferPointer, at start: Int, delimiter: UInt8) {
        guard start < row.count, row[start] == Byte.quote else {
            let end = Self.end(of: row, from: start, delimiter)
            let isFaulty =
                row.firstOffset(of: Byte.quote, in: start..<end) != nil && !Self.isFormula(row.portion(start..<end))
            self.init(start..<end, Cell(start..<end), isFaulty ? .quoteInPlainCell : nil)
            return
        }
        switch QuotedCell.end(in: row, openedAt: start, delimiter: delimiter, isLast: true) {
        case .unfinished:
            let end = Self.end(of: row, from: start, delimiter)
            self.init(start..<end, Cell(start..<end), .quoteNeverClosed)
        case .broken(let behind):
            let end = Self.end(of: row, from: behind, delimiter)
            self.init(start..<end, Cell(start..<end), .textBehindQuote)
        // A row holds no line end of its own, so what follows the closing quote must be the delimiter.
        case .closed(let behind) where behind < row.count && row[behind] != delimiter:
            let end = Self.end(of: row, from: behind, delimiter)
            self.init(start..<end, Cell(start..<end), .textBehindQuote)
        case .closed(let behind):
            let text = start + 1..<behind - 1
            let isDoubled = row.firstOffset(of: Byte.quote, in: text) != nil
            self.init(start..<behind, Cell(text, hasDoubledQuotes: isDoubled), nil)
        }
    }

    private init(_ place: Range<Int>, _ cell: Cell, _ fault: RowFault?) {
        (self.place, self.cell, self.fault) = (place, cell, fault)
    }

    private static func end(of row: UnsafeRawBufferPointer, from start: Int, _ delimiter: UInt8) -> Int {
        row.firstOffset(of: delimiter, in: min(start, row.count)..<row.count) ?? row.count
    }

    /// `="0013"` is no cell of RFC 4180, and yet what people write for spreadsheets to keep the zeros.
    private static func isFormula(_ cell: UnsafeRawBufferPointer) -> Bool {
        SpreadsheetDamage.textOfFormula(InvisibleCharacters.trimmed(cell)) != nil
    }

    /// Every cell of a row.
    static func all(of row: UnsafeRawBufferPointer, delimiter: UInt8) -> [CellScan] {
        var cells = [CellScan(of: row, at: 0, delimiter: delimiter)]
        while let last = cells.last, last.place.upperBound < row.count {
            cells.append(CellScan(of: row, at: last.place.upperBound + 1, delimiter: delimiter))
        }
        return cells
    }

    /// Whether the cell holds nothing that can be seen, so that one too many of its kind at a row's end is no cell at all.
    func isBlank(in row: UnsafeRawBufferPointer) -> Bool {
        fault == nil && InvisibleCharacters.trimmed(row.portion(cell.range)).isEmpty
    }
}
