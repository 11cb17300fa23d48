/// The cells of one row: where each column's text stands. The memory is used again for every row, no byte is copied.
struct RowCells: ~Copyable {
    private let delimiter: UInt8
    private let columnCount: Int
    private let cells: UnsafeMutableBufferPointer<Cell>

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - columnCount: how many cells a row must have.
    init(delimiter: UInt8, columnCount: Int) {
        self.delimiter = delimiter
        self.columnCount = columnCount
        cells = .allocate(capacity: columnCount)
        cells.initialize(repeating: Cell())
    }

    deinit { cells.deallocate() }

    /// The cell of a column in the row split last, or as it was set.
    subscript(column: Int) -> Cell {
        get { cells[column] }
        nonmutating set { cells[column] = newValue }
    }

    /// Makes every cell empty, for rows whose cells are set one by one.
    func clear() { cells.update(repeating: Cell()) }

    /// Splits `row`.
    ///
    /// - Parameter row: a record without its line end.
    /// - Returns: what is wrong with it, nil where it has exactly the right cells.
    borrowing func split(_ row: UnsafeRawBufferPointer) -> RowFault? {
        if row.firstOffset(of: Byte.quote, in: 0..<row.count) == nil { return splitPlain(row) }
        return splitQuoted(row)
    }

    /// A row without any quote: eight bytes at a time are compared with the delimiter.
    private borrowing func splitPlain(_ row: UnsafeRawBufferPointer) -> RowFault? {
        var column = 0
        var start = 0
        var here = 0
        let pattern = WordScan.repeated(delimiter)
        while here + 8 <= row.count {
            var found = WordScan.matches(of: pattern, in: WordScan.word(of: row, at: here))
            while found != 0 {
                guard column < columnCount else { return .tooManyCells }
                let place = here + WordScan.firstMatch(in: found)
                cells[column] = Cell(start..<place)
                (column, start) = (column + 1, place + 1)
                found &= found - 1
            }
            here += 8
        }
        while here < row.count {
            if row[here] == delimiter {
                guard column < columnCount else { return .tooManyCells }
                cells[column] = Cell(start..<here)
                (column, start) = (column + 1, here + 1)
            }
            here += 1
        }
        return finish(column, Cell(start..<row.count))
    }

    private borrowing func finish(_ column: Int, _ last: Cell) -> RowFault? {
        guard column < columnCount else { return .tooManyCells }
        cells[column] = last
        return column + 1 < columnCount ? .tooFewCells : nil
    }

    private borrowing func splitQuoted(_ row: UnsafeRawBufferPointer) -> RowFault? {
        var column = 0
        var here = 0
        while true {
            var cell = Cell()
            if let fault = readCell(of: row, at: here, into: &cell, next: &here) { return fault }
            if here > row.count { return finish(column, cell) }
            guard column < columnCount else { return .tooManyCells }
            cells[column] = cell
            column += 1
        }
    }

    /// Reads the cell that begins at `start`; `next` becomes the beginning of the one behind it, or lies beyond the
    /// row's end where it was the last.
    private borrowing func readCell(
        of row: UnsafeRawBufferPointer, at start: Int, into cell: inout Cell, next: inout Int
    ) -> RowFault? {
        guard start < row.count, row[start] == Byte.quote else {
            let end = row.firstOffset(of: delimiter, in: start..<row.count) ?? row.count
            if row.firstOffset(of: Byte.quote, in: start..<end) != nil { return .quoteInPlainCell }
            (cell, next) = (Cell(start..<end), end + 1)
            return nil
        }
        switch QuotedCell.end(in: row, openedAt: start, delimiter: delimiter, isLast: true) {
        case .unfinished: return .quoteNeverClosed
        case .broken: return .textBehindQuote
        case .closed(let behind):
            // A row holds no line end of its own, so what follows the closing quote must be the delimiter.
            guard behind == row.count || row[behind] == delimiter else { return .textBehindQuote }
            let text = start + 1..<behind - 1
            let isDoubled = row.firstOffset(of: Byte.quote, in: text) != nil
            (cell, next) = (Cell(text, hasDoubledQuotes: isDoubled), behind + 1)
            return nil
        }
    }
}
