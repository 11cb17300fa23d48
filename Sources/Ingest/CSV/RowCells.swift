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
    ///   - base: the memory that holds the cells' text.
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

    /// Surplus blank cells at the end of a row are ignored: programs leave their delimiters behind where a column was.
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

/// Where a row's cells stand: the one splitter, both for rows that are read and for rows that are given back.
///
/// A cell whose quotes are wrong ends at the next delimiter after the fault, so that the cells after it keep their
/// columns.
struct CellScan {
    /// The text; of a cell whose quotes are wrong all of its bytes.
    let cell: Cell
    /// The cell as it is in the row, with its quotes.
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
        // A row contains no line end, so what follows the closing quote must be the delimiter.
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

    /// `="0013"` is not a cell of RFC 4180, but people write it so that spreadsheets keep the zeros.
    private static func isFormula(_ cell: UnsafeRawBufferPointer) -> Bool {
        SpreadsheetDamage.textOfFormula(InvisibleCharacters.trimmed(cell)) != nil
    }

    static func all(of row: UnsafeRawBufferPointer, delimiter: UInt8) -> [CellScan] {
        var cells = [CellScan(of: row, at: 0, delimiter: delimiter)]
        while let last = cells.last, last.place.upperBound < row.count {
            cells.append(CellScan(of: row, at: last.place.upperBound + 1, delimiter: delimiter))
        }
        return cells
    }

    /// Whether the cell holds nothing visible, so that a surplus one at a row's end does not count.
    func isBlank(in row: UnsafeRawBufferPointer) -> Bool {
        fault == nil && InvisibleCharacters.trimmed(row.portion(cell.range)).isEmpty
    }
}

/// Where one cell's text is in a row. Rows are shorter than 4 GiB, so offsets take four bytes.
struct Cell {
    private var start: UInt32 = 0
    private var end: UInt32 = 0
    /// Whether doubled quotes in it stand for single ones.
    var hasDoubledQuotes = false
    /// Whether it is an array in canonical JSON rather than text.
    var isJSON = false

    init() {}

    /// - Parameters:
    ///   - range: offsets of the text, without the quotes around it.
    ///   - hasDoubledQuotes: whether the text holds doubled quotes.
    @inline(__always)
    init(_ range: Range<Int>, hasDoubledQuotes: Bool = false) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        end = UInt32(truncatingIfNeeded: range.upperBound)
        self.hasDoubledQuotes = hasDoubledQuotes
    }

    /// Leaves out the first byte of a text that is not empty and does not begin with a quote.
    mutating func dropFirst() { start += 1 }

    var range: Range<Int> { Int(start)..<Int(end) }
    var isEmpty: Bool { start == end }
    /// Whether its bytes are not simply the text.
    var needsWork: Bool { hasDoubledQuotes || isJSON }

    /// Takes white space and invisible characters off its ends, and a formula's frame from around its text.
    ///
    /// - Parameters:
    ///   - base: the memory that holds it.
    ///   - trims: whether the ends are looked at.
    ///   - unwraps: whether `="0013"` is read as 0013.
    mutating func clean(in base: UnsafeRawBufferPointer, trims: Bool, unwraps: Bool) {
        guard !isJSON else { return }
        var text = range
        if trims { text = InvisibleCharacters.trimmed(text, of: base) }
        let quotes = hasDoubledQuotes ? 2 : 1
        if unwraps, let inside = SpreadsheetDamage.textOfFormula(base.portion(text), quotes: quotes) {
            text = text.lowerBound + inside.lowerBound..<text.lowerBound + inside.upperBound
            if trims { text = InvisibleCharacters.trimmed(text, of: base) }
            self = Cell(text)
        } else {
            self = Cell(text, hasDoubledQuotes: hasDoubledQuotes)
        }
    }
}

enum CellText {
    /// Appends the text of `cell`, with doubled quotes made single (RFC 4180 §2.7).
    ///
    /// - Parameters:
    ///   - cell: the cell.
    ///   - base: the row it stands in.
    ///   - buffer: receives the text.
    static func append(_ cell: Cell, of base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        let bytes = base.portion(cell.range)
        guard cell.hasDoubledQuotes else { return buffer.append(bytes) }
        var start = 0
        while let quote = bytes.firstOffset(of: Byte.quote, in: start..<bytes.count) {
            buffer.append(bytes.portion(start..<quote + 1))
            start = quote + 2
        }
        if start < bytes.count { buffer.append(bytes.portion(start..<bytes.count)) }
    }
}

/// What makes a row of CSV unreadable as a row.
enum RowFault: Sendable, Equatable {
    case tooFewCells
    case tooManyCells
    case quoteInPlainCell
    case textBehindQuote
    case quoteNeverClosed

    /// The rule broken, as the predicate of a sentence.
    var rule: String {
        switch self {
        case .tooFewCells: "has fewer cells than the header has columns"
        case .tooManyCells: "has more cells than the header has columns; put cells that hold the delimiter in quotes"
        case .quoteInPlainCell: "has a quote inside a cell without quotes; quote the cell and double the quote"
        case .textBehindQuote: "has text behind a closing quote; double the quotes inside a quoted cell"
        case .quoteNeverClosed: "opens a quote that is never closed; close it or double it"
        }
    }
}
