package import Basics
import IdentityInsights
import JSON
import RecordStore

/// What one record puts into the result files, beside its answer.
struct ResultRow {
    let line: Int
    let id: [UInt8]
    /// The row as it stood in the input; nil where the store's copy was altered.
    let rawRow: [UInt8]?
    let status: RecordStatus
    let attempts: Int
    /// Whether it is in doubt without a call of its own.
    let isHeld: Bool
    /// Whether it failed by an operator's decision and may have been billed.
    let isResolvedByHand: Bool
    let httpStatus: Int?
    let reasonCode: String?
    /// What went wrong; nil for a record that was answered.
    let error: String?
    let correlationID: String?
    let requestRefID: String?
    let submittedAt: WallTime?
    let completedAt: WallTime?
    /// The line, or `<batch>:<line>`, whose call brought a reused answer.
    let reusedFrom: String?
    /// Our own note on an answer that was accepted nevertheless: it was not encrypted, or can no longer be read.
    let ownWarning: String?
    /// The answer of a record that has one; what could not be deciphered stays in the store.
    let answer: [UInt8]?
    /// When the person it belongs to was forgotten; nil for any other.
    let forgottenAt: WallTime?
    /// How the last attempt of a failed record ended; nil for any other.
    var failedBy: AttemptOutcome?
}

extension ResultRow {
    /// Of a call whose end another node told when the batch was completed already.
    private static let neverLeft = "the call never left: send the line again"
    private static let erased = "the reused answer was erased: answers are not kept so long"
    private static let altered = "what the database holds of this record was altered; restore it from a backup"

    /// A record that was altered in the database is accounted for, too: with its line, its status and this text.
    init(_ view: RecordView) throws {
        let payload = try Self.unlessAltered { try view.payload() }
        let isAnswered = view.status == .succeeded || view.status == .reused
        let answer = isAnswered ? try Self.unlessAltered { try view.answer } : nil
        let detail = try Self.unlessAltered { try view.errorText }
        let isIntact = payload != nil && detail != nil && (answer != nil || !isAnswered)
        let unsaid = view.failedBy == .unsent ? Self.neverLeft : nil
        let text = isIntact ? (detail ?? nil) ?? unsaid : Self.altered
        self.init(
            line: view.line, id: payload?.id ?? [], rawRow: view.forgottenAt == nil ? payload?.rawRow : nil,
            status: view.status,
            attempts: view.attempts, isHeld: view.isHeld, isResolvedByHand: view.isResolvedByHand,
            httpStatus: view.httpStatus, reasonCode: view.reasonCode, error: isAnswered ? nil : text,
            correlationID: view.correlationID, requestRefID: view.requestRefID, submittedAt: view.submittedAt,
            completedAt: view.completedAt, reusedFrom: view.reusedFrom,
            ownWarning: isAnswered ? text ?? Self.erasure(of: answer, view.status) : nil,
            answer: answer ?? nil, forgottenAt: view.forgottenAt, failedBy: view.failedBy)
    }

    /// A reused answer may end before its batch does, because its age counts from its call.
    private static func erasure(of answer: [UInt8]??, _ status: RecordStatus) -> String? {
        guard status == .reused, case .some(.none) = answer else { return nil }
        return erased
    }

    /// Whether it failed although nothing was sent for it, nor is anything to be corrected.
    var neverLeft: Bool { failedBy == .unsent && error == Self.neverLeft }

    /// What `_reason` says of a row that is given back: the API's code, then the sentence.
    var reason: String {
        guard status != .cancelled else { return "its batch was cancelled before this line was answered" }
        return [reasonCode, error].compactMap { $0 }.joined(separator: ": ")
    }

    private static func unlessAltered<Value>(_ read: () throws -> Value) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where error.code == .altered {
            return nil
        }
    }
}

/// The one pass over a batch's records that fills all files.
struct ResultPass {
    /// Nil where this table is not wanted; the same for `jsonl`.
    let csv: ResultFile?
    private let jsonl: ResultFile?
    private var returned: [ReturnFile.Kind: ReturnFile]
    private var rows: ResultCSVFormat
    private var lines = ResultJSONFormat()
    private var answer = AnswerCells()
    private(set) var figures: BatchFigures
    private(set) var inDoubtSummary = InDoubtSummary()

    init(_ batch: Batch, folder: ResultFolder, returning format: any ReturnFormat, options: ResultOptions) throws {
        figures = BatchFigures(startedAt: batch.startedAt)
        func file(_ table: ResultTable) throws -> ResultFile? {
            options.tables.contains(table) ? try ResultFile(table.fileName, in: folder) : nil
        }
        csv = try file(.csv)
        jsonl = try file(.jsonl)
        returned = Dictionary(
            uniqueKeysWithValues: ReturnFile.Kind.allCases.map { kind in
                (kind, ReturnFile(kind, of: batch.name, as: format, in: folder))
            })
        rows = ResultCSVFormat(options, inputDelimiter: format.delimiter)
        try csv?.write(rows.header())
    }

    /// The files that came into being, in the order in which they are renamed.
    var files: [ResultFile] {
        [csv, jsonl].compactMap(\.self) + ReturnFile.Kind.allCases.compactMap { returned[$0]?.file }
    }

    mutating func take(_ view: RecordView) throws {
        let row = try ResultRow(view)
        answer.read(row)
        try csv?.write(rows.line(row, answer))
        try jsonl?.write(lines.line(row, answer))
        if let rawRow = row.rawRow, let kind = ReturnFile.Kind(of: row) { try returned[kind]?.append(row, rawRow) }
        figures.add(row, answer)
        inDoubtSummary.add(view)
    }
}

/// What a record's answer puts into its row: the leaves of the insights' columns, and the API's messages.
struct AnswerCells {
    private static let tree = InsightTree()
    private static let unreadable = "the stored answer cannot be read"

    /// The answer; what can be read of it, where its text breaks a rule of JSON.
    private(set) var document: JSONDocument?
    /// The answer as it came, where it is no strict JSON and so cannot stand in a line of JSON as it is.
    private(set) var text: [UInt8]?
    /// Where each column's value stands in the document, quotes included; empty where it has none. Places instead of
    /// nodes, because forty references a record cost more than finding the leaves.
    private(set) var leaves: [Range<Int>]
    private(set) var warnings: [String] = []
    private(set) var alerts: [String] = []

    init() { leaves = Array(repeating: 0..<0, count: InsightColumns.all.count) }

    /// Takes in the next record's answer, if it has one, in place of the one before.
    mutating func read(_ row: ResultRow) {
        for index in leaves.indices { leaves[index] = 0..<0 }
        (document, text) = (nil, nil)
        warnings = row.ownWarning.map { [$0] } ?? []
        alerts = []
        guard let answer = row.answer else { return }
        // What is no JSON at all was never kept as an answer: the database was altered.
        guard let read = try? Answer.read(answer) else { return warnings.append(Self.unreadable) }
        let document = read.document
        if read.fault != nil { text = answer }
        let root = document.root
        if let insights = root["insights"] {
            // A node's raw bytes are a slice of the document's, so its indices are places there.
            Self.tree.walk(insights) { leaves[$0] = $1.raw.indices }
        }
        warnings += Self.messages(root["warnings"])
        alerts = Self.messages(root["alerts"])
        self.document = document
    }

    /// The number in a column; nil where there is none.
    func number(in column: Int) -> Double? {
        guard let document, !leaves[column].isEmpty else { return nil }
        return Double(String(decoding: document.bytes[leaves[column]], as: UTF8.self))
    }

    /// As `Answer` reads them: a message of an unexpected form stays as it stands.
    private static func messages(_ node: JSONNode?) -> [String] {
        guard let node, !node.isNull else { return [] }
        guard node.kind == .array else { return [text(node)] }
        return node.elements.map(text)
    }

    private static func text(_ node: JSONNode) -> String {
        node.string ?? String(decoding: node.raw, as: UTF8.self)
    }
}

/// What is left in result files of a record whose person was forgotten: its line, its status, and the warning
/// `forgotten DATE`.
package struct ForgottenRow: Sendable, Equatable {
    /// The physical line of the input at which the record started, from 1.
    package let line: Int
    /// The record's status.
    package let status: String
    /// `forgotten`, with the day in UTC.
    package let warning: String

    /// Describes a row.
    ///
    /// - Parameters:
    ///   - line: The record's line.
    ///   - status: Its status, as result files name it.
    ///   - instant: When the person was forgotten.
    package init(line: Int, status: String, forgottenAt instant: WallTime) {
        (self.line, self.status) = (line, status)
        warning = "forgotten \(Timestamp.text(instant).prefix(10))"
    }

    /// Nil for a record of anybody else.
    init?(_ row: ResultRow) {
        guard let instant = row.forgottenAt else { return nil }
        self.init(line: row.line, status: row.status.rawValue, forgottenAt: instant)
    }

    /// The row in a file of CSV.
    ///
    /// - Parameters:
    ///   - columns: The names in its header.
    ///   - delimiter: The byte between its cells.
    /// - Returns: The row with its line end.
    package func csv(columns: [String], delimiter: UInt8) -> [UInt8] {
        var row = CSVRow(delimiter: delimiter)
        return csv(columns, &row)
    }

    func csv(_ columns: [String], _ row: inout CSVRow) -> [UInt8] {
        row.begin()
        for column in columns {
            switch column {
            case "line": row.cell(line)
            case "status": row.cell(status)
            case "warnings": row.cell(warning)
            default: row.empty()
            }
        }
        row.end()
        return row.bytes
    }

    /// The row as a line of `results.jsonl`, with its line end: the members of any other, those that are gone null.
    package var jsonLine: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        for name in ResultColumns.record {
            writer.key(name)
            switch name {
            case "line": writer.integer(Int64(line))
            case "status": writer.string(status)
            default: writer.null()
            }
        }
        for (name, texts) in zip(ResultColumns.messages, [[warning], []]) {
            writer.key(name)
            writer.beginArray()
            for text in texts { writer.string(text) }
            writer.endArray()
        }
        for name in [ResultColumns.origin, "answer"] {
            writer.key(name)
            writer.null()
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
