import Basics
package import RecordStore

/// The input's own form, in which rows are returned to be corrected and sent again.
package protocol ReturnFormat: Sendable {
    /// The ending of such a file's name.
    var fileExtension: String { get }
    /// What stands before the first row.
    var beginning: [UInt8] { get }
    /// The byte between cells; nil where the input has none.
    var delimiter: UInt8? { get }

    /// One row, ready to be written.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stood in the file; empty where it was too long to be kept.
    ///   - status: what became of it.
    ///   - reason: why, without any value.
    ///   - line: the physical line it started at, from 1.
    ///   - batch: its batch's name.
    /// - Returns: the row with its line end.
    func line(_ rawRow: [UInt8], status: String, reason: String, line: Int, batch: String) -> [UInt8]
}

/// `failed.*`, `in_doubt.*` or `cancelled.*`: rows in the input's own form. The file comes into being with its first row.
struct ReturnFile {
    /// The files there can be; each is there only while there are rows for it.
    enum Kind: String, CaseIterable {
        case failed
        case inDoubt = "in_doubt"
        case cancelled
    }

    private let name: String
    private let batch: String
    private let folder: ResultFolder
    private let format: any ReturnFormat
    private(set) var file: ResultFile?

    init(_ kind: Kind, of batch: String, as format: any ReturnFormat, in folder: ResultFolder) {
        name = "\(kind.rawValue).\(format.fileExtension)"
        self.batch = batch
        self.folder = folder
        self.format = format
    }

    mutating func append(_ row: ResultRow, _ rawRow: [UInt8]) throws {
        // Only a row too long to be kept is empty.
        let reason = rawRow.isEmpty ? "\(row.reason); take line \(row.line) from the input file" : row.reason
        try open().write(
            format.line(rawRow, status: row.status.rawValue, reason: reason, line: row.line, batch: batch))
    }

    private mutating func open() throws -> ResultFile {
        if let file { return file }
        let made = try ResultFile(name, in: folder)
        try made.write(format.beginning)
        file = made
        return made
    }
}

extension ReturnFile.Kind {
    /// Where a record's row is given back; nil: nowhere.
    ///
    /// Nothing that may have been billed is offered for correction beside what certainly was not.
    init?(of row: ResultRow) {
        switch row.status {
        case .inDoubt: self = .inDoubt
        case .failed where row.isResolvedByHand: self = .inDoubt
        case .failed, .invalid: self = .failed
        case .cancelled: self = .cancelled
        case .queued, .inFlight, .succeeded, .reused: return nil
        }
    }
}

/// The invalid lines of a batch, as reported before any other line is sent.
package struct RefusedLines: Sendable, Equatable {
    /// Lines that break one rule; a line that breaks several is counted with each.
    package struct Group: Sendable, Equatable {
        /// The rule, without any value.
        package let rule: String
        /// How many lines.
        package fileprivate(set) var count: Int
        /// The first ten of them.
        package fileprivate(set) var lines: [Int]
    }

    /// `failed.csv` or `failed.jsonl`; nil where no line is invalid.
    package let path: String?
    /// The ten most frequent, the most frequent first.
    package let groups: [Group]

    /// No invalid line, or none that could be returned.
    package static let none = RefusedLines(path: nil, groups: [])
}

extension ResultWriter {
    /// Different reasons that are counted, so that memory is bounded.
    private static let groupsKept = 1_000
    /// Reasons, and lines of each, in a message.
    private static let shown = 10

    /// Writes the invalid lines into `failed.*` and nothing else: the batch has not begun, and a reader looking for its
    /// results must not find half of them.
    ///
    /// - Parameters:
    ///   - id: the batch, its whole file read.
    ///   - path: the batch's folder, made where it is missing and lines are invalid.
    ///   - format: the input's form.
    /// - Returns: where they are, and what is wrong with them.
    /// - Throws: `ResultError` where they cannot be written; errors of the store.
    package func writeRefused(
        _ id: BatchID, into path: String, returning format: any ReturnFormat
    ) async throws -> RefusedLines {
        let batch = try await store.batch(id)
        guard batch.counts.invalid > 0 else { return .none }
        let folder = try ResultFolder(path: path)
        var returned = ReturnFile(.failed, of: batch.name, as: format, in: folder)
        var groups: [String: RefusedLines.Group] = [:]
        try await store.forEachRecord(id, statuses: [.invalid], lines: nil) { view in
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
        let rules = BrokenRules.rules(in: row.reason).map {
            groups[$0] != nil || groups.count < groupsKept ? $0 : "other rules"
        }
        for rule in Set(rules) {
            var group = groups[rule] ?? RefusedLines.Group(rule: rule, count: 0, lines: [])
            group.count += 1
            if group.lines.count < shown { group.lines.append(row.line) }
            groups[rule] = group
        }
    }
}
