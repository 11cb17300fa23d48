package import Basics
import IdentityInsights
package import RecordStore

/// Makes the canonical request of a record from its raw row, and checks every rule on the way. Used when a file is
/// read and again when a record is claimed, so that what is sent is what was checked.
///
/// Everything about the layout is worked out once; for each row memory is used again. One builder serves one thread
/// at a time.
package struct RequestBuilder: ~Copyable {
    /// The rules the record built last breaks; none where its request may be sent.
    package internal(set) var refusals: [Refusal] = []
    /// What is noted of the record built last though its request may be sent.
    package internal(set) var notes: [Refusal] = []
    /// Whether the id, the account or another id of the record built last looks like a payment card number.
    package internal(set) var holdsCardLikeID = false

    let plan: FieldPlan
    let mapping: FieldMapping
    let values: ValueRules
    let inspector: ValueInspector
    /// The key of the transform `hmac-sha256`; nil where the mapping has none.
    private let accountKey: AccountHashKey?
    let repeatedHeader: RepeatedHeader
    let cells: RowCells
    /// Text of JSON members, to which the cells of a flat JSON line point.
    var memberText = ByteBuffer()
    private let format: InputFormat
    /// Whether its rows were given back once, so that some cells carry a mark for spreadsheets.
    let isReturned: Bool
    let steps: [RequestStep]
    /// The rules for the values of each step's field.
    let rules: [FieldRules]
    /// What is noted of them.
    let remarks: [FieldRules]
    var emitter: RequestEmitter
    var text = ByteBuffer()
    var identifier = ByteBuffer(capacity: 128)
    var present = RequestFieldSet()
    /// Fields of a line of JSON whose member was refused for its kind: they are there, and are not missing as well.
    var refusedFields = RequestFieldSet()
    var lastPath: Int32 = -1
    /// Email and phone number of the record where they are placeholders: refused only if there is no other.
    var placeholders: [Refusal] = []

    /// Works out everything that is the same for all rows.
    ///
    /// - Parameters:
    ///   - layout: how the records are laid out.
    ///   - accountKey: the key of the transform `hmac-sha256`, where the layout needs it.
    /// - Throws: `InputError` for a layout whose columns and mapping do not make a request, or that needs a key.
    package init(layout: RecordLayout, accountKey: AccountHashKey? = nil) throws(InputError) {
        guard accountKey != nil || !layout.mapping.needsAccountKey else {
            throw InputError(file: "stored layout", rule: "needs the key of its transform hmac-sha256")
        }
        do {
            plan = try layout.plan()
        } catch {
            throw InputError(file: "stored layout", rule: error.rule)
        }
        self.accountKey = accountKey
        isReturned = layout.isReturned
        mapping = layout.mapping
        values = mapping.values
        inspector = ValueInspector(values)
        repeatedHeader = RepeatedHeader(layout.columns)
        let template = RequestTemplate(plan, inspector)
        format = layout.format
        steps = template.steps
        emitter = RequestEmitter(template)
        rules = plan.writes.map { $0.field?.rules ?? .none }
        remarks = plan.writes.map { $0.field?.remarks ?? .none }
        let delimiter = if case .csv(let byte) = layout.format { byte } else { Byte.comma }
        cells = RowCells(delimiter: delimiter, columnCount: plan.columns.count)
    }

    /// The canonical request of the record built last; valid until the next is built. Empty where its row could not be taken
    /// apart at all.
    package var request: UnsafeRawBufferPointer { emitter.request }

    /// The own id of the record built last, empty where it has none or its row cannot be read; valid until the next is built.
    package var recordID: UnsafeRawBufferPointer { identifier.bytes }

    /// Builds the request of one record.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stands in the file, without its line end, well-formed UTF-8.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: whether the request may be sent; if not, `refusals` says why.
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    package mutating func build(rawRow: UnsafeRawBufferPointer, line: Int) throws -> Bool {
        refusals.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
        placeholders.removeAll(keepingCapacity: true)
        refusedFields = RequestFieldSet()
        holdsCardLikeID = false
        identifier.removeAll()
        emitter.clear()
        switch format {
        case .csv: try buildFromCells(rawRow)
        case .jsonLines: try buildFromJSON(rawRow)
        }
        return refusals.isEmpty
    }

    /// The same for a row that may have been given back once: its account must still be that of the line it came from.
    ///
    /// - Throws: as without `returned`; `StoreError` when that line cannot be read.
    mutating func build(
        rawRow: UnsafeRawBufferPointer, line: Int, returned: inout ReturnedLines?
    ) throws -> Bool {
        let isSound = try build(rawRow: rawRow, line: line)
        guard let refusal = try returned?.refusal(of: rawRow) else { return isSound }
        refuse(refusal.field, refusal.rule)
        return false
    }

    /// The request to send for a record whose row was checked before.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stands in the file.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: canonical request JSON.
    /// - Throws: `RefusedRecord` for a row that breaks a rule, `OpenSSLError` when an account's id cannot be hashed.
    package mutating func request(forRow rawRow: [UInt8], line: Int) throws -> [UInt8] {
        guard try rawRow.withUnsafeBytes({ try build(rawRow: $0, line: line) }) else {
            throw RefusedRecord(refusals: refusals)
        }
        return Array(request)
    }
}

extension RequestBuilder {
    /// Notes a broken rule of a field that is named as the caller says, or of the whole record.
    mutating func refuse(_ field: String?, _ rule: String) {
        refusals.append(Refusal(field: field, rule: rule))
    }

    /// Notes a rule that the value of a step's field breaks.
    mutating func refuse(_ index: Int, _ rule: String) {
        refusals.append(refusal(of: index, rule))
    }

    /// A sentence about a step's field, by the file's own name for it.
    func refusal(of index: Int, _ rule: String) -> Refusal {
        let write = plan.writes[index]
        return Refusal(column: write.columnName, field: write.path.text, rule: rule)
    }

    /// Notes what a record as a whole lacks, and what is remarkable in it.
    ///
    /// - Parameter isShape: whether the record has the API's shape, whose names are the paths themselves.
    mutating func judgeWhole(isShape: Bool = false) {
        for violation in RequestRules.violations(present: present) {
            // The placeholder's refusal is more specific.
            if violation.path == "user.email", !placeholders.isEmpty { continue }
            refusals.append(sentence(violation, isShape))
        }
        if !RequestRules.hasContact(present) { refusals += placeholders }
        if let note = RequestRules.note(present: present) { notes.append(sentence(note, isShape)) }
    }

    /// A sentence about a field, and others it names, by the file's own names.
    private func sentence(_ violation: FieldViolation, _ isShape: Bool) -> Refusal {
        guard !isShape else { return Refusal(field: violation.path, rule: violation.rule) }
        let rule = RequestRules.fieldsNamedByRules.reduce(violation.rule) { rule, path in
            columnName(of: path).map { rule.replacing(path, with: "\($0) (\(path))") } ?? rule
        }
        return Refusal(column: columnName(of: violation.path), field: violation.path, rule: rule)
    }

    /// The file's own name for a field, or for the first field of a group such as `user.account`.
    private func columnName(of path: String) -> String? {
        let isGroup = path.contains(".") && RequestField.named(path) == nil
        return plan.writes.first { $0.path.text == path || (isGroup && $0.path.text.hasPrefix(path + ".")) }?.columnName
    }
}

extension RequestBuilder {
    mutating func buildFromCells(_ row: UnsafeRawBufferPointer) throws {
        let row = ByteOrderMark.dropped(from: row)
        if let fault = cells.split(row) { return refuse(nil, fault.rule) }
        if isReturned { cells.takeOffMarks(in: row) }
        cells.clean(in: row, trims: values.trims, unwraps: values.checksSpreadsheets)
        if let rule = repeatedHeader.rule(for: cells, of: row) { return refuse(nil, rule) }
        try writeFields(from: row)
    }

    /// Writes the request from the cells, whose text stands in `base`.
    mutating func writeFields(from base: UnsafeRawBufferPointer) throws {
        takeRecordID(from: base)
        (present, lastPath) = (refusedFields, -1)
        emitter.begin()
        for index in steps.indices { try write(index, from: base) }
        emitter.end()
        judgeWhole()
    }

    private mutating func takeRecordID(from base: UnsafeRawBufferPointer) {
        for column in plan.recordIDColumns where !cells[column.place].isEmpty {
            CellText.append(cells[column.place], of: base, to: &identifier)
            if !column.isCheckedAsField { inspectRecordID(name: column.name) }
            return
        }
    }

    /// Looks at the record's own id, which is `identifier`.
    ///
    /// - Parameter name: the name of its column or member.
    mutating func inspectRecordID(name: String) {
        if let rule = inspector.faultOfID(identifier.bytes) { refuse(name, rule) }
        if case .likeCardNumber = inspector.cardFinding(identifier.bytes, as: .identifier) { holdsCardLikeID = true }
    }

    @inline(__always)
    private mutating func write(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        guard step.way == .plain else { return try writeChanged(index, from: base) }
        let cell = cells[Int(step.column)]
        if cell.isEmpty { return }
        if cell.needsWork { return try writeChanged(index, from: base) }
        let value = base.portion(cell.range)
        if isInspected(value, step), !admits(value, for: index, step) { return }
        emit(value, index, step)
    }

    @inline(__always)
    private func isInspected(_ value: UnsafeRawBufferPointer, _ step: RequestStep) -> Bool {
        step.isInspected || step.looksForCards && ValueInspector.mayBeCardNumber(value)
    }

    /// The way of a value that is more than a copy of one cell.
    private mutating func writeChanged(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        text.removeAll()
        if step.isColumn {
            CellText.append(cells[Int(step.column)], of: base, to: &text)
        } else if !gather(index, from: base) {
            return
        }
        if text.count == 0 { return }
        if step.isColumn, cells[Int(step.column)].isJSON { return emitJSON(text.bytes, step) }
        if isInspected(text.bytes, step), !admits(text.bytes, for: index, step) { return }
        if step.kind == .boolean { _ = try Transformer.apply(.lowercase, to: &text) }
        for transform in plan.writes[index].transforms {
            guard let rule = try Transformer.apply(transform, to: &text, as: step.role, key: accountKey) else {
                continue
            }
            note(step)
            return refuse(index, rule)
        }
        if text.count > 0, isNoCard(text.bytes, index, step) { emit(text.bytes, index, step) }
    }

    /// Whether a value that is not a plain copy of one cell may be sent; a transform or a join may have made a card number.
    private mutating func isNoCard(_ value: UnsafeRawBufferPointer, _ index: Int, _ step: RequestStep) -> Bool {
        var finding = inspector.cardFinding(value, as: step.role)
        if step.kind == .stringArray, inspector.findsCardNumber(inCell: value) {
            finding = .broken(CardNumber.innerRule)
        }
        switch finding {
        case .broken(let rule):
            note(step)
            refuse(index, rule)
            return false
        case .likeCardNumber:
            holdsCardLikeID = true
            return true
        case .sound, .absent, .placeholder: return true
        }
    }

    /// Collects the text of a field that is not made from one column alone; false where a part of it makes the whole
    /// invalid.
    private mutating func gather(_ index: Int, from base: UnsafeRawBufferPointer) -> Bool {
        let step = steps[index]
        switch plan.writes[index].source {
        case .column: break
        case .value(let bytes): text.append(bytes)
        case .columns(let places, let join):
            for place in places where !cells[place].isEmpty {
                let part = base.portion(cells[place].range)
                if inspector.isAbsent(part) { continue }
                if isInspected(part, step), !admits(part, for: index, step) { return false }
                if text.count > 0 { text.append(join) }
                CellText.append(cells[place], of: base, to: &text)
            }
        }
        return true
    }

    /// Whether a value is sent as far as can be told before it is transformed; if not, says why where there is a reason.
    private mutating func admits(
        _ value: UnsafeRawBufferPointer, for index: Int, _ step: RequestStep
    ) -> Bool {
        switch inspector.look(at: value, as: step.role) {
        case .sound: return true
        case .likeCardNumber:
            holdsCardLikeID = true
            return true
        case .absent: return false
        case .placeholder where step.role != .account:
            // If one of email and phone number is good, the other may be missing.
            placeholders.append(refusal(of: index, ValueInspector.placeholderRule))
            return false
        case .placeholder: refuse(index, ValueInspector.placeholderRule)
        case .broken(let rule): refuse(index, rule)
        }
        note(step)
        return false
    }

    private mutating func emit(_ value: UnsafeRawBufferPointer, _ index: Int, _ step: RequestStep) {
        note(step)
        if step.mustCheck(byteCount: value.count), let rule = rules[index].broken(by: value) { refuse(index, rule) }
        if step.isNoted, let rule = remarks[index].broken(by: value) { notes.append(refusal(of: index, rule)) }
        switch step.kind {
        case .string: emitter.string(value, step)
        case .integer, .boolean: emitter.literal(value, step)
        case .stringArray: emitter.list(value, step, trims: values.trims)
        }
    }

    /// An array of strings that stands in a JSON line as such.
    private mutating func emitJSON(_ array: UnsafeRawBufferPointer, _ step: RequestStep) {
        note(step)
        emitter.literal(array, step)
    }

    @inline(__always)
    private mutating func note(_ step: RequestStep) {
        if step.pathNumber == lastPath { refuseRepeated(step) }
        lastPath = step.pathNumber
        if step.presence >= 0 { present.insert(Int(step.presence)) }
    }

    private mutating func refuseRepeated(_ step: RequestStep) {
        let index = steps.firstIndex { $0.pathNumber == step.pathNumber } ?? 0
        refuse(plan.writes[index].path.text, "is given twice, under different names")
    }
}

/// The request of a record whose row breaks a rule was requested.
package struct RefusedRecord: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rules it breaks.
    package let refusals: [Refusal]

    /// Fields and rules; never a value.
    package var description: String {
        "the record makes no request that may be sent: \(Refusal.text(of: refusals)); take its file in again"
    }
}

/// Why one record is `invalid`, or what is noted of one that may be sent: the field and the rule; never the value.
package struct Refusal: Sendable, Hashable, CustomStringConvertible {
    /// The file's own name for the column, or the columns, that the field is filled from; nil where that is the API's
    /// path, or none is at fault.
    package let column: String?
    /// The API's path of the field, or the name of the id's column; nil where the whole record is at fault.
    package let field: String?
    /// The rule broken, as the predicate of a sentence: `must be 3 to 254 characters`.
    package let rule: String

    /// Names a broken rule.
    ///
    /// - Parameters:
    ///   - column: the file's own name for where the field is filled from.
    ///   - field: the API's path of the field; nil for the whole record.
    ///   - rule: the rule broken, without any value.
    package init(column: String? = nil, field: String?, rule: String) {
        self.column = column
        self.field = field
        self.rule = rule
    }

    /// Field and rule as a sentence: `E-Mail (user.email) must be 3 to 254 characters`.
    package var description: String { "\(subject ?? "the record") \(rule)" }

    /// What the sentence is about; nil for the whole record.
    package var subject: String? {
        guard let field else { return nil }
        return column.map { "\($0) (\(field))" } ?? field
    }
}

extension Refusal {
    /// The refusal of a record that is not even read.
    static let tooLong = Refusal(field: nil, rule: "is longer than 1 MiB")

    /// Several refusals of one record as one text.
    static func text(of refusals: [Refusal]) -> String {
        BrokenRules.text(of: refusals.map(\.description))
    }
}
