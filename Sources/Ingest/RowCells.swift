import IdentityInsights

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

    /// Takes white space and invisible characters off the ends of every cell, and the formula from around text.
    ///
    /// - Parameters:
    ///   - base: the memory that the cells' text stands in.
    ///   - trims: whether the ends are looked at.
    ///   - unwraps: whether `="0013"` is read as 0013.
    borrowing func clean(in base: UnsafeRawBufferPointer, trims: Bool, unwraps: Bool) {
        guard trims || unwraps else { return }
        for column in 0..<columnCount where !cells[column].isEmpty {
            let (first, last) = (base[cells[column].range.lowerBound], base[cells[column].range.upperBound - 1])
            if InvisibleCharacters.isGraphic(first), InvisibleCharacters.isGraphic(last), first != Byte.equals {
                continue
            }
            cells[column].clean(in: base, trims: trims, unwraps: unwraps)
        }
    }

    /// Splits `row`.
    ///
    /// - Parameter row: a record without its line end.
    /// - Returns: what is wrong with it, nil where it has a cell for each column.
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
                guard column < columnCount else { return surplus(in: row, from: start) }
                let place = here + WordScan.firstMatch(in: found)
                cells[column] = Cell(start..<place)
                (column, start) = (column + 1, place + 1)
                found &= found - 1
            }
            here += 8
        }
        while here < row.count {
            if row[here] == delimiter {
                guard column < columnCount else { return surplus(in: row, from: start) }
                cells[column] = Cell(start..<here)
                (column, start) = (column + 1, here + 1)
            }
            here += 1
        }
        return finish(column, Cell(start..<row.count), of: row)
    }

    private borrowing func finish(_ column: Int, _ last: Cell, of row: UnsafeRawBufferPointer) -> RowFault? {
        guard column < columnCount else { return surplus(in: row, from: last.range.lowerBound) }
        cells[column] = last
        return column + 1 < columnCount ? .tooFewCells : nil
    }

    private borrowing func splitQuoted(_ row: UnsafeRawBufferPointer) -> RowFault? {
        var column = 0
        var here = 0
        while true {
            let scan = CellScan(of: row, at: here, delimiter: delimiter)
            if let fault = scan.fault { return fault }
            guard column < columnCount else { return surplus(in: row, from: here) }
            if scan.place.upperBound == row.count { return finish(column, scan.cell, of: row) }
            cells[column] = scan.cell
            (column, here) = (column + 1, scan.place.upperBound + 1)
        }
    }

    /// Blank cells too many at the end of a row are nothing: programs leave their delimiters behind where a column was.
    private borrowing func surplus(in row: UnsafeRawBufferPointer, from start: Int) -> RowFault? {
        var here = start
        while here <= row.count {
            let scan = CellScan(of: row, at: here, delimiter: delimiter)
            guard scan.isBlank(in: row) else { return scan.fault ?? .tooManyCells }
            here = scan.place.upperBound + 1
        }
        return nil
    }

    /// Takes off the marks that were put before cells for a spreadsheet's sake, in the row split last.
    borrowing func takeOffMarks(in row: UnsafeRawBufferPointer) {
        for column in 0..<columnCount where SpreadsheetGuard.isPresent(in: row.portion(cells[column].range)) {
            cells[column].dropFirst()
        }
    }
}
