import Basics
import IdentityInsights
import JSON
import RecordStore

/// Compares the accounts of returned rows with those of the lines they came from: a spreadsheet may have opened and
/// saved the file, and an account that lost its zeros may be someone else's.
struct ReturnedLines {
    /// The batch that rows came from.
    private struct Origin {
        let batch: Batch
        let layout: RecordLayout
    }

    private let store: RecordStore
    private let layout: RecordLayout
    /// The names under which rows hold the account, or the record's id.
    private let accounts: [String]
    private var origins: [String: Origin?] = [:]

    /// Prepares the comparison; nil for files that were not given back.
    ///
    /// - Parameters:
    ///   - layout: how the file's records are laid out.
    ///   - plan: how they become requests.
    ///   - store: where the lines they came from are.
    init?(_ layout: RecordLayout, _ plan: FieldPlan, store: RecordStore) {
        if case .csv = layout.format {
            let notes = [ReturnNote.batchColumn, ReturnNote.lineColumn]
            guard notes.allSatisfy(layout.columns.contains) else { return nil }
        }
        (self.store, self.layout) = (store, layout)
        let columns = plan.columns.sorted { $0.value < $1.value }.filter { _, place in
            plan.recordIDColumns.contains { $0.place == place }
                || plan.writes.contains { $0.role == .account && $0.source.reads(place) }
        }
        accounts = columns.map(\.key) + (layout.format == .jsonLines ? [Self.accountPath] : [])
    }

    /// Where a line of JSON that has the API's shape holds the account.
    private static let accountPath = "user.account.hashedAccountId"

    /// Looks at the account of a row.
    ///
    /// - Parameter row: the row, without its line end.
    /// - Returns: what is wrong with it; nil where nothing is, or where the line it came from is not known here.
    /// - Throws: `StoreError` when the database cannot be read.
    mutating func refusal(of row: UnsafeRawBufferPointer) throws -> Refusal? {
        guard mayBeReturned(row), let texts = RowTexts(row, layout), let number = texts[ReturnNote.lineColumn],
            let line = Int(String(decoding: number, as: UTF8.self)), (1...Int(UInt32.max)).contains(line),
            let name = texts[ReturnNote.batchColumn],
            let origin = try origin(named: String(decoding: name, as: UTF8.self)),
            let original = try rawRow(of: RecordID(batch: origin.batch.id, line: line))
        else { return nil }
        let changed = original.withUnsafeBytes { original in
            let before = RowTexts(original, origin.layout)
            return accounts.first { name in
                guard let was = before?[name], let now = texts[name] else { return false }
                return SpreadsheetChange.explains(was, becoming: now)
            }
        }
        return changed.map { name in
            Refusal(
                field: name,
                rule: "was changed by a spreadsheet: it differs from line \(line) of \(origin.batch.name) only by lost "
                    + "zeros or a number's form; give it as it was, and keep the column as text")
        }
    }

    /// Lines of JSON name their members one by one; only one that holds this name is parsed a second time.
    private func mayBeReturned(_ row: UnsafeRawBufferPointer) -> Bool {
        guard layout.format == .jsonLines else { return true }
        var place = 0
        while let start = row.firstOffset(of: Byte.underscore, in: place..<row.count) {
            if row.portion(start..<row.count).starts(with: ReturnNote.batchColumn.utf8) { return true }
            place = start + 1
        }
        return false
    }

    private mutating func origin(named name: String) throws -> Origin? {
        if let known = origins[name] { return known }
        let origin = try store.blockingReads.batch(named: name).flatMap { batch in
            try layout(of: batch).map { Origin(batch: batch, layout: $0) }
        }
        origins[name] = .some(origin)
        return origin
    }

    /// How a batch's rows are laid out; nil where they were erased.
    private func layout(of batch: Batch) throws -> RecordLayout? {
        do {
            return try RecordLayout(decoding: store.blockingReads.layout(of: batch.id))
        } catch let error as StoreError where [.notFound, .purged, .damaged].contains(error.code) {
            return nil
        }
    }

    private func rawRow(of record: RecordID) throws -> [UInt8]? {
        do {
            // Of a person who was forgotten nothing is left to compare with.
            return try store.blockingReads.record(record).flatMap { $0.forgottenAt == nil ? try $0.rawRow : nil }
        } catch let error as StoreError where [.purged, .damaged].contains(error.code) {
            return nil
        }
    }
}

/// The texts of a row as they are read, by the name of their column or member.
private struct RowTexts {
    private enum Form {
        case cells(CellTexts)
        case members(JSONNode)
    }

    private let form: Form
    private let columns: [String]

    /// Nil for a line that is no JSON object.
    init?(_ row: UnsafeRawBufferPointer, _ layout: RecordLayout) {
        let row = ByteOrderMark.dropped(from: row)
        columns = layout.columns
        guard case .csv(let delimiter) = layout.format else {
            guard let document = try? JSONDocument(copying: row), document.root.kind == .object else { return nil }
            form = .members(document.root)
            return
        }
        form = .cells(CellTexts(row, layout, delimiter: delimiter))
    }

    /// The text under a name; nil where the row holds none.
    subscript(name: String) -> [UInt8]? {
        switch form {
        case .cells(let cells): columns.firstIndex(of: name).flatMap { cells[$0] }
        case .members(let root): (root[name] ?? Self.node(name, in: root)).flatMap(Self.text)
        }
    }

    /// The value at a path such as `user.account.hashedAccountId`.
    private static func node(_ path: String, in root: JSONNode) -> JSONNode? {
        path.split(separator: ".").reduce(root as JSONNode?) { node, name in node?[String(name)] }
    }

    private static func text(of node: JSONNode) -> [UInt8]? {
        switch node.kind {
        case .string: node.withStringBytes { Array(InvisibleCharacters.trimmed($0)) }
        case .number: Array(node.raw)
        default: nil
        }
    }
}

/// The texts of a row's cells as they are read.
private struct CellTexts {
    private let row: UnsafeRawBufferPointer
    private let cells: [CellScan]
    private let isReturned: Bool
    private let unwraps: Bool

    init(_ row: UnsafeRawBufferPointer, _ layout: RecordLayout, delimiter: UInt8) {
        self.row = row
        isReturned = layout.isReturned
        unwraps = layout.mapping.values.checksSpreadsheets
        cells = CellScan.all(of: row, delimiter: delimiter)
    }

    /// The text at a place; nil beyond the row's end.
    subscript(place: Int) -> [UInt8]? {
        guard place < cells.count else { return nil }
        var cell = cells[place].cell
        if isReturned, SpreadsheetGuard.isPresent(in: row.portion(cell.range)) { cell.dropFirst() }
        cell.clean(in: row, trims: true, unwraps: unwraps)
        var text = ByteBuffer()
        CellText.append(cell, of: row, to: &text)
        return Array(text.bytes)
    }
}
