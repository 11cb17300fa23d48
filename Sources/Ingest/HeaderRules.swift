import Basics
import IdentityInsights

/// What the names in a header must keep to.
enum HeaderRules {
    private static let shownAtMost = 5

    /// Checks that there are names, that none is empty or there twice, and that each is known.
    ///
    /// - Parameters:
    ///   - header: the columns' names in order.
    ///   - mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first rule broken.
    static func check(_ header: [String], mapping: FieldMapping) throws(PlanFault) {
        let unknown = header.indices.filter { !isKnown(header[$0], mapping: mapping) }
        // A first line of which nothing is known may be a record: its cells are not repeated.
        if unknown.count == header.count {
            try refuseOtherCase(header, mapping: mapping)
            throw PlanFault(
                (header.count == 1
                    ? "has no header: the one column its first line names is not known"
                    : "has no header: none of the \(Counted.number(header.count)) columns its first line names is known")
                    + "; name the columns there, "
                    + "for instance account_id,name,email,phone_number, or map them in a job")
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

    /// Names that are known but for their case show that this is a header; they are no values, so they may be shown.
    private static func refuseOtherCase(_ header: [String], mapping: FieldMapping) throws(PlanFault) {
        let known = Dictionary(
            meant(mapping).map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        let meant = header.compactMap { name in known[name.lowercased()].map { "'\(name)' is '\($0)'" } }
        guard !meant.isEmpty else { return }
        let named = meant.prefix(shownAtMost).joined(separator: ", ")
        throw PlanFault(
            column: 0,
            "names columns that are known but for upper and lower case: \(named)"
                + (meant.count > shownAtMost ? " and \(meant.count - shownAtMost) more" : "")
                + "; rename them, or map them in a job")
    }

    /// The names a header may have meant.
    private static func meant(_ mapping: FieldMapping) -> [String] {
        mapping.fields.isEmpty ? KnownColumns.names + RequestField.all.map(\.path) : mapping.readColumns
    }

    /// The fault of a column that a job reads and the file does not have.
    static func missing(_ name: String, for use: String, _ names: some Sequence<String>) -> PlanFault {
        let names = names.filter { !ColumnName.looksLikeValue($0) }.sorted()
        let nearest = NearestName.of(name, among: names)
        let advice = nearest.map { "did the job mean '\($0)'?" } ?? "add it, or change the job"
        return PlanFault("has no column '\(name)', which the job uses for \(use); \(advice)")
    }

    private static func isKnown(_ name: String, mapping: FieldMapping) -> Bool {
        mapping.leavesOut(name) || mapping.reads(name) || (mapping.fields.isEmpty && KnownColumns.isKnown(name))
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
        let named = unknown.prefix(shownAtMost).map { index in
            let shown = ColumnName.shown(header[index], at: index)
            return NearestName.of(header[index], among: known).map { "\(shown) (did you mean '\($0)'?)" } ?? shown
        }
        let more = unknown.count > named.count ? " and \(unknown.count - named.count) more" : ""
        let subject = unknown.count == 1 ? "unknown column" : "unknown columns"
        return
            "\(subject) \(named.joined(separator: ", "))\(more); rename, start the name with _, or list under ignore_columns of a job"
    }
}
