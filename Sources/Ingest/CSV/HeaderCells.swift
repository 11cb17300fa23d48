/// The header at the beginning of a CSV text, with the delimiter it is read by.
struct CSVHeader {
    /// Where it ends; with the delimiter a quoted name's line ends depend on it.
    let extent: RecordExtent
    /// The byte between cells.
    let delimiter: UInt8
    /// How often the delimiter occurs in it outside quotes.
    private let delimiterCount: Int
    /// Its names, or why it cannot be read.
    let cells: Result<HeaderCells, PlanFault>
    /// How many of its columns are known.
    private let knownCount: Int

    private static let delimiters = [Byte.comma, Byte.semicolon, Byte.tab]

    /// Finds the header: of comma, semicolon and tab the one under which most columns are known separates the cells;
    /// where that is even, the one that stands there most often.
    ///
    /// - Parameters:
    ///   - text: the beginning of the file.
    ///   - isWhole: whether the text extends to the end of the file.
    ///   - mapping: the job's mapping.
    ///   - named: the delimiter that the file names itself.
    /// - Returns: nil where the header's end is not there.
    static func find(
        in text: UnsafeRawBufferPointer, isWhole: Bool, mapping: FieldMapping, delimiter named: UInt8?
    ) -> CSVHeader? {
        let candidates = named.map { [$0] } ?? delimiters
        // Of several that are even the first is taken.
        return candidates.compactMap { CSVHeader(text, isWhole, mapping, delimiter: $0) }.max { one, other in
            (one.knownCount, one.delimiterCount) < (other.knownCount, other.delimiterCount)
        }
    }

    private init?(
        _ text: UnsafeRawBufferPointer, _ isWhole: Bool, _ mapping: FieldMapping, delimiter: UInt8
    ) {
        guard let extent = RecordExtent.csv(in: text, delimiter: delimiter, isLast: isWhole) else { return nil }
        let line = text.portion(0..<extent.length)
        self.extent = extent
        self.delimiter = delimiter
        delimiterCount = HeaderCells.countOutsideQuotes(delimiter, in: line)
        do throws(PlanFault) {
            let cells = try HeaderCells(line, delimiter: delimiter)
            self.cells = .success(cells)
            knownCount = cells.names.count { HeaderRules.isKnown($0, mapping: mapping) }
        } catch {
            cells = .failure(error)
            knownCount = 0
        }
    }

    /// The delimiter as messages name it, between the names of a header.
    static func name(of delimiter: UInt8) -> String {
        switch delimiter {
        case Byte.semicolon: "semicolons"
        case Byte.tab: "tabs"
        default: "commas"
        }
    }
}

/// The line with which some spreadsheets begin a file to name its delimiter: `sep=;`, or the same in quotes.
struct SeparatorLine {
    /// The delimiter it names.
    let delimiter: UInt8
    /// Its length in bytes with its line end.
    let length: Int

    /// Reads the line at the beginning of a text.
    ///
    /// - Returns: nil where there is no such line.
    /// - Throws: `PlanFault` for a delimiter that is not read.
    init?(_ text: UnsafeRawBufferPointer) throws(PlanFault) {
        guard let extent = RecordExtent.line(in: text.portion(0..<min(16, text.count)), isLast: false) else {
            return nil
        }
        var line = text.portion(0..<extent.length)
        if line.count == 7, line[0] == Byte.quote, line[6] == Byte.quote { line = line.portion(1..<6) }
        guard line.count == 5, line.prefix(4).map({ $0 | 0x20 }).elementsEqual("sep=".utf8.map { $0 | 0x20 }) else {
            return nil
        }
        guard [Byte.comma, Byte.semicolon, Byte.tab].contains(line[4]) else {
            throw PlanFault("names a delimiter that is not read; save it with commas, semicolons or tabs")
        }
        delimiter = line[4]
        length = extent.length + extent.lineEnd
    }
}

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

/// A column's name as errors may show it. Where a file lacks its header, its first record is in the header's place, and
/// a record's values must not appear in an error.
enum ColumnName {
    /// Whether `name` could be a value rather than a name: mail addresses, numbers, times, long texts.
    static func looksLikeValue(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return true }
        return name.utf8.count > 64 || Byte.isDigit(first) || first == Byte.plus || name.utf8.contains(Byte.at)
            || name.utf8.contains { $0 < 0x20 }
    }

    /// The name in quotes, or its position where it could be a value or holds an invisible character.
    ///
    /// - Parameters:
    ///   - name: the column's name.
    ///   - index: its place from 0.
    /// - Returns: how to name the column in an error.
    static func shown(_ name: String, at index: Int) -> String {
        var name = name
        if let hidden = name.withUTF8({ InvisibleCharacters.firstHidden(in: UnsafeRawBufferPointer($0)) }) {
            return "number \(index + 1), whose name holds an invisible character "
                + "(\(InvisibleCharacters.name(of: hidden)))"
        }
        return looksLikeValue(name) ? "number \(index + 1)" : "'\(name)'"
    }
}
