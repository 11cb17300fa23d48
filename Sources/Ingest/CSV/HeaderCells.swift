import Basics
import IdentityInsights

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
private enum ColumnName {
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

/// The rules for the names in a header.
///
/// Where a file lacks its header its first record is in that place, so names are repeated in a message only when most
/// of them are known; one that is known by chance, as a language `id`, does not make a header.
enum HeaderRules {
    /// Columns named in one message, so that it stays a sentence.
    private static let shownAtMost = 5

    /// Checks that there are names, that none is empty or there twice, and that each is known.
    ///
    /// - Parameters:
    ///   - header: the columns' names in order.
    ///   - delimiter: the byte that was taken to stand between them.
    ///   - mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first rule broken.
    static func check(_ header: [String], delimiter: UInt8, mapping: FieldMapping) throws(PlanFault) {
        let unknown = header.indices.filter { !isKnown(header[$0], mapping: mapping) }
        guard isMost(header.count - unknown.count, of: header) else {
            try refuseOtherCase(header, mapping: mapping)
            throw PlanFault(
                column: header.count == unknown.count ? 0 : unknown.first,
                rule(forHiddenNamesOf: header, unknown: unknown, delimiter: delimiter))
        }
        if let nameless = header.firstIndex(of: "") {
            throw PlanFault(column: nameless, "column number \(nameless + 1) has no name; name it or remove it")
        }
        try refuseRepeated(header)
        if let first = unknown.first {
            throw PlanFault(column: first, rule(forUnknown: unknown, of: header, mapping: mapping))
        }
        if let name = mapping.recordID, !header.contains(name) {
            throw missing(name, for: "the record's id", header)
        }
    }

    /// The fault of a column that a job reads and the file does not have.
    static func missing(_ name: String, for use: String, _ names: some Sequence<String>) -> PlanFault {
        let names = names.filter { !ColumnName.looksLikeValue($0) }.sorted()
        let nearest = NearestName.of(name, among: names)
        let advice = nearest.map { "did the job mean '\($0)'?" } ?? "add it, or change the job"
        return PlanFault("has no column '\(name)', which the job uses for \(use); \(advice)")
    }

    /// Whether a column of this name is read, or left out on purpose.
    static func isKnown(_ name: String, mapping: FieldMapping) -> Bool {
        mapping.leavesOut(name) || mapping.reads(name) || (mapping.fields.isEmpty && KnownColumns.isKnown(name))
    }

    /// Columns that are left out because of a name prefix count neither for a header nor against one.
    private static func isMost(_ known: Int, of header: [String]) -> Bool {
        let leftOut = header.count { $0.hasPrefix("_") }
        return 2 * (known - leftOut) > header.count - leftOut
    }

    /// Names that are known but for their case show that this is a header; they are no values, so they may be shown.
    private static func refuseOtherCase(_ header: [String], mapping: FieldMapping) throws(PlanFault) {
        let known = Dictionary(
            meant(mapping).map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        let meant = header.compactMap { name in known[name.lowercased()].map { (name, $0) } }
        guard isMost(meant.count + header.count { $0.hasPrefix("_") }, of: header) else { return }
        let misspelt = meant.filter { $0 != $1 }.map { "'\($0)' is '\($1)'" }
        throw PlanFault(
            column: 0,
            "names columns that are known but for upper and lower case: \(listed(misspelt)); rename them, or map them in "
                + "a job")
    }

    private static func rule(forHiddenNamesOf header: [String], unknown: [Int], delimiter: UInt8) -> String {
        let known = header.count - unknown.count
        let between = header.count == 1 ? "" : " (with \(CSVHeader.name(of: delimiter)) between them)"
        guard known > 0 else {
            return
                (header.count == 1
                ? "has no header: the one column its first line names is not known"
                : "has no header: none of the \(Counted.number(header.count)) columns its first line names\(between) is known")
                + "; name the columns there, for instance account_id,name,email,phone_number, or map them in a job"
        }
        let numbers = listed(unknown.map { "number \($0 + 1)" })
        return
            "has no header, or one that is mostly unknown: of the \(Counted.number(header.count)) columns its first line "
            + "names\(between) \(Counted.number(known)) \(Counted.verb(known)) known, and not \(numbers); rename those, start the "
            + "names with _, or list them under ignore_columns of a job"
    }

    /// The names a header may have meant.
    private static func meant(_ mapping: FieldMapping) -> [String] {
        mapping.fields.isEmpty ? KnownColumns.names + RequestField.all.map(\.path) : mapping.readColumns
    }

    private static func refuseRepeated(_ header: [String]) throws(PlanFault) {
        var seen: Set<String> = []
        for (index, name) in header.enumerated() where !seen.insert(name).inserted {
            throw PlanFault(
                column: index, "column \(ColumnName.shown(name, at: index)) is there twice; rename or remove one")
        }
    }

    private static func rule(forUnknown unknown: [Int], of header: [String], mapping: FieldMapping) -> String {
        let known = meant(mapping)
        let named = unknown.map { index in
            let shown = ColumnName.shown(header[index], at: index)
            return NearestName.of(header[index], among: known).map { "\(shown) (did you mean '\($0)'?)" } ?? shown
        }
        return "unknown column\(unknown.count == 1 ? "" : "s") \(listed(named)); "
            + "rename, start the name with _, or list under ignore_columns of a job"
    }

    private static func listed(_ names: [String]) -> String {
        let more = names.count - shownAtMost
        return names.prefix(shownAtMost).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}

/// Recognises a row that repeats the header, whatever the case of its letters: in files that were joined, a header
/// appears in the middle.
struct RepeatedHeader: Sendable {
    /// In lower case.
    private let names: [[UInt8]]
    private let beginnings: ByteSet

    /// - Parameter columns: the columns' names in order; none where there is no header.
    init(_ columns: [String]) {
        names = columns.map { $0.utf8.map(Byte.lowercased) }
        beginnings = ByteSet(columns.compactMap(\.utf8.first).flatMap { [Byte.lowercased($0), Byte.uppercased($0)] })
    }

    /// Checks whether a row repeats the header.
    ///
    /// - Parameters:
    ///   - cells: the row's cells, cleaned.
    ///   - row: the row that holds them.
    /// - Returns: the rule that such a row breaks; nil for every other.
    @inline(__always)
    func rule(for cells: borrowing RowCells, of row: UnsafeRawBufferPointer) -> String? {
        guard !names.isEmpty, !cells[0].isEmpty, beginnings.contains(row[cells[0].range.lowerBound]) else { return nil }
        return ruleSlowly(for: cells, of: row)
    }

    @inline(never)
    private func ruleSlowly(for cells: borrowing RowCells, of row: UnsafeRawBufferPointer) -> String? {
        guard isName(cells[0], of: row) else { return nil }
        var isInOrder = true
        var seen: Set<Int> = []
        for place in names.indices {
            let text = row.portion(cells[place].range)
            guard let found = names.firstIndex(where: { Self.isEqual(text, $0) }), seen.insert(found).inserted else {
                return nil
            }
            isInOrder = isInOrder && found == place
        }
        return isInOrder
            ? "is the header again; remove the line"
            : "is a header of another order: the lines after it have their cells elsewhere; send them as a file of their own"
    }

    private func isName(_ cell: Cell, of row: UnsafeRawBufferPointer) -> Bool {
        let text = row.portion(cell.range)
        return names.contains { Self.isEqual(text, $0) }
    }

    /// Whether a text is a column's name but for upper and lower case of ASCII.
    private static func isEqual(_ text: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool {
        text.count == name.count && zip(text, name).allSatisfy { Byte.lowercased($0) == $1 }
    }
}
