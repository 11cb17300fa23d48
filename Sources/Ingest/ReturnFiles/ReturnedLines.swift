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

/// What a spreadsheet makes of an account's id that looks like a number: `0013` becomes `13`, `1001` becomes `1,001` or
/// `1001.0`, and of more than fifteen digits the rest becomes zeros. A pure rule.
enum SpreadsheetChange {
    /// How many digits of a number spreadsheets keep.
    private static let precision = 15

    /// Whether a spreadsheet explains how one text became another.
    ///
    /// Only what a spreadsheet does is looked for: a number that gains leading zeros has been corrected.
    ///
    /// - Parameters:
    ///   - original: the text as it was given out.
    ///   - text: the text as it came back.
    /// - Returns: true where the two differ in nothing but lost zeros or the form of the number.
    static func explains(_ original: [UInt8], becoming text: [UInt8]) -> Bool {
        guard original != text, !isDamaged(original), !hasLeadingZero(text) else { return false }
        let before = Decimal.readings(of: original)
        let after = Decimal.readings(of: text)
        return before.contains { one in
            let kept = [one, one.rounded(to: precision, up: false), one.rounded(to: precision, up: true)]
            return after.contains(where: kept.contains)
        }
    }

    private static func isDamaged(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes(SpreadsheetDamage.isScientificNotation)
    }

    private static func hasLeadingZero(_ text: [UInt8]) -> Bool {
        let digits = text.drop { $0 == Byte.plus || $0 == UInt8(ascii: "-") }
        guard digits.first == Byte.zero, let second = digits.dropFirst().first else { return false }
        return Byte.isDigit(second)
    }
}

/// A number of any length: its significant digits, and how many places before the point the first of them stands.
private struct Decimal: Equatable {
    var isNegative: Bool
    var digits: [UInt8]
    var magnitude: Int

    /// The numbers that a text may mean: point and comma may each separate the fraction or groups of thousands.
    static func readings(of text: [UInt8]) -> [Decimal] {
        let (point, comma) = (UInt8(ascii: "."), Byte.comma)
        return [Decimal(text, fraction: point, group: comma), Decimal(text, fraction: comma, group: point)]
            .compactMap { $0 }
    }

    private init?(_ text: [UInt8], fraction: UInt8, group: UInt8) {
        var rest = text[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == Byte.plus { rest.removeFirst() }
        let exponent = Self.takeExponent(&rest)
        let parts = rest.split(separator: fraction, omittingEmptySubsequences: false)
        guard let exponent, parts.count <= 2, let whole = Self.digits(in: parts.first ?? [], group: group),
            let behind = Self.digits(in: parts.dropFirst().first ?? [], group: nil), !whole.isEmpty || !behind.isEmpty
        else { return nil }
        let all = (whole + behind)[...]
        let significant = all.drop { $0 == Byte.zero }
        guard !significant.isEmpty else {
            (isNegative, digits, magnitude) = (false, [], 0)
            return
        }
        magnitude = whole.count - (all.count - significant.count) + exponent
        digits = Array(significant)
        dropZeros()
    }

    /// The power of ten behind `E`, 0 where there is none; nil for anything else there.
    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let mark = rest.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return 0 }
        let power = rest[(mark + 1)...]
        rest = rest[..<mark]
        guard (1...4).contains(power.count) else { return nil }
        return Int(String(decoding: power, as: UTF8.self))
    }

    /// Digits, in groups of three where they are grouped.
    private static func digits(in text: ArraySlice<UInt8>, group: UInt8?) -> [UInt8]? {
        let parts = group.map { text.split(separator: $0, omittingEmptySubsequences: false) } ?? [text]
        guard parts.dropFirst().allSatisfy({ $0.count == 3 }) else { return nil }
        let digits = parts.flatMap { $0 }
        return digits.allSatisfy(Byte.isDigit) ? digits : nil
    }

    private mutating func dropZeros() {
        while digits.last == Byte.zero { digits.removeLast() }
    }

    /// The number with no more significant digits than these.
    func rounded(to count: Int, up: Bool) -> Decimal {
        guard digits.count > count else { return self }
        var number = self
        number.digits = Array(digits.prefix(count))
        if up { number.increment() }
        number.dropZeros()
        return number
    }

    /// Adds one to the last digit.
    private mutating func increment() {
        for place in digits.indices.reversed() {
            guard digits[place] == UInt8(ascii: "9") else { return digits[place] += 1 }
            digits[place] = Byte.zero
        }
        digits.insert(UInt8(ascii: "1"), at: 0)
        magnitude += 1
    }
}
