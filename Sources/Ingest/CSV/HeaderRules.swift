import Basics
import IdentityInsights

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
            : "is a header of another order: the lines behind it have their cells elsewhere; send them as a file of their own"
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
