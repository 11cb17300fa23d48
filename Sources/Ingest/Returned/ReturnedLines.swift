import Basics
import IdentityInsights
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
    private let batchPlace: Int
    private let linePlace: Int
    /// Places of the columns that hold the account, or the record's id.
    private let accounts: [Int]
    private var origins: [String: Origin?] = [:]

    /// Prepares the comparison; nil for files that were not given back.
    ///
    /// - Parameters:
    ///   - layout: how the file's records are laid out.
    ///   - plan: how they become requests.
    ///   - store: where the lines they came from are.
    init?(_ layout: RecordLayout, _ plan: FieldPlan, store: RecordStore) {
        guard case .csv = layout.format, let batchPlace = layout.columns.firstIndex(of: ReturnNote.batchColumn),
            let linePlace = layout.columns.firstIndex(of: ReturnNote.lineColumn)
        else { return nil }
        (self.store, self.layout, self.batchPlace, self.linePlace) = (store, layout, batchPlace, linePlace)
        accounts = layout.columns.indices.filter { place in
            plan.recordIDColumns.contains { $0.place == place }
                || plan.writes.contains { $0.role == .account && $0.source.reads(place) }
        }
    }

    /// Looks at the account of a row.
    ///
    /// - Parameter row: the row, without its line end.
    /// - Returns: what is wrong with it; nil where nothing is, or where the line it came from is not known here.
    /// - Throws: `StoreError` when the database cannot be read.
    mutating func refusal(of row: UnsafeRawBufferPointer) throws -> Refusal? {
        let cells = RowTexts(row, layout)
        guard let line = cells[linePlace].flatMap({ Int(String(decoding: $0, as: UTF8.self)) }),
            (1...Int(UInt32.max)).contains(line), let name = cells[batchPlace],
            let origin = try origin(named: String(decoding: name, as: UTF8.self)),
            let original = try rawRow(of: RecordID(batch: origin.batch.id, line: line))
        else { return nil }
        let changed = original.withUnsafeBytes { original in
            let before = RowTexts(original, origin.layout)
            return accounts.first { place in
                guard let earlier = origin.layout.columns.firstIndex(of: layout.columns[place]),
                    let was = before[earlier], let now = cells[place]
                else { return false }
                return SpreadsheetChange.explains(was, becoming: now)
            }
        }
        return changed.map { place in
            Refusal(
                field: layout.columns[place],
                rule: "was changed by a spreadsheet: it differs from line \(line) of \(origin.batch.name) only by lost "
                    + "zeros or a number's form; give it as it was, and keep the column as text")
        }
    }

    private mutating func origin(named name: String) throws -> Origin? {
        if let known = origins[name] { return known }
        let origin = try store.batch(named: name).flatMap { batch in
            try layout(of: batch).map { Origin(batch: batch, layout: $0) }
        }
        origins[name] = .some(origin)
        return origin
    }

    /// How a batch's rows are laid out; nil where they are CSV no more, or erased.
    private func layout(of batch: Batch) throws -> RecordLayout? {
        do {
            let layout = try RecordLayout(decoding: store.layout(of: batch.id))
            if case .csv = layout.format { return layout } else { return nil }
        } catch let error as StoreError where error.code == .notFound || error.code == .damaged {
            return nil
        }
    }

    private func rawRow(of record: RecordID) throws -> [UInt8]? {
        do {
            return try store.record(record)?.rawRow
        } catch let error as StoreError where error.code == .damaged {
            return nil
        }
    }
}

/// The texts of a row's cells as they are read.
private struct RowTexts {
    private let row: UnsafeRawBufferPointer
    private let cells: [CellScan]
    private let isReturned: Bool
    private let unwraps: Bool

    init(_ row: UnsafeRawBufferPointer, _ layout: RecordLayout) {
        let row = ByteOrderMark.dropped(from: row)
        self.row = row
        isReturned = layout.isReturned
        unwraps = layout.mapping.values.checksSpreadsheets
        let delimiter = if case .csv(let byte) = layout.format { byte } else { Byte.comma }
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
