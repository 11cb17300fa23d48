/// The header at the beginning of a CSV text, with the delimiter it is read by.
struct CSVHeader {
    /// How far it reaches; with the delimiter a quoted name's line ends depend on it.
    let extent: RecordExtent
    /// The byte between cells.
    let delimiter: UInt8
    /// How often the delimiter stands in it outside quotes.
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
    ///   - isWhole: whether the text reaches to the end of the file.
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

/// The line with which some spreadsheets begin a file to name its delimiter: `sep=;`.
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
        let line = text.portion(0..<extent.length)
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
