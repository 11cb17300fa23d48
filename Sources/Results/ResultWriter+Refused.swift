public import RecordStore

/// The lines of a batch that are invalid, as they are told before any other line is sent.
public struct RefusedLines: Sendable, Equatable {
    /// Lines that break the same rules.
    public struct Group: Sendable, Equatable {
        /// The rules, without any value.
        public let rule: String
        /// How many lines.
        public fileprivate(set) var count: Int
        /// The first ten of them.
        public fileprivate(set) var lines: [Int]
    }

    /// `failed.csv` or `failed.jsonl`; nil where no line is invalid.
    public let path: String?
    /// The ten most frequent, the most frequent first.
    public let groups: [Group]

    /// No line, or none that could be given back.
    public static let none = RefusedLines(path: nil, groups: [])
}

extension ResultWriter {
    private static let groupsKept = 1_000
    private static let shown = 10

    /// Writes the lines that are invalid into `failed.*` and nothing else: the batch has not begun, and whoever looks for
    /// its results must not find half of them.
    ///
    /// - Parameters:
    ///   - id: the batch, its whole file read.
    ///   - path: the batch's folder, made where it is missing and lines are invalid.
    ///   - format: the input's form.
    /// - Returns: where they are, and what is wrong with them.
    /// - Throws: `ResultError` where they cannot be written; errors of the store.
    public func writeRefused(
        _ id: BatchID, into path: String, returning format: any ReturnFormat
    ) throws -> RefusedLines {
        let batch = try store.batch(id)
        guard batch.counts.invalid > 0 else { return .none }
        let folder = try ResultFolder(path: path)
        var returned = ReturnFile(.failed, of: batch.name, as: format, in: folder)
        var groups: [String: RefusedLines.Group] = [:]
        try store.forEachRecord(id, statuses: [.invalid], lines: nil) { view in
            let row = try ResultRow(view)
            if let rawRow = row.rawRow { try returned.append(row, rawRow) }
            Self.count(row, in: &groups)
        }
        if let file = returned.file {
            _ = try file.complete()
            try file.publish()
            try folder.synchronize()
        }
        let ranked = groups.values.sorted { ($1.count, $0.lines[0]) < ($0.count, $1.lines[0]) }
        return RefusedLines(
            path: returned.file.map { "\(folder.path)/\($0.name)" }, groups: Array(ranked.prefix(Self.shown)))
    }

    private static func count(_ row: ResultRow, in groups: inout [String: RefusedLines.Group]) {
        let isKnown = groups[row.reason] != nil || groups.count < groupsKept
        let rule = isKnown ? row.reason : "other rules"
        var group = groups[rule] ?? RefusedLines.Group(rule: rule, count: 0, lines: [])
        group.count += 1
        if group.lines.count < shown { group.lines.append(row.line) }
        groups[rule] = group
    }
}
