import IdentityInsights

/// Makes the canonical request of a record from its raw row, and checks every rule on the way. Used when a file is
/// read and again when a record is claimed, so that what is sent is what was checked.
///
/// Everything about the layout is worked out once; for each row memory is used again. One builder serves one thread
/// at a time.
public struct RequestBuilder: ~Copyable {
    /// The rules the record built last breaks; none where its request may be sent.
    public private(set) var refusals: [Refusal] = []

    let plan: FieldPlan
    let mapping: FieldMapping
    let cells: RowCells
    /// Text of JSON members, to which the cells of a flat JSON line point.
    var memberText = ByteBuffer()
    private let format: InputFormat
    private let steps: [RequestStep]
    /// The documented field of each step.
    private let fields: [RequestField?]
    private var emitter: RequestEmitter
    private var text = ByteBuffer()
    private var identifier = ByteBuffer(capacity: 128)
    private var present = RequestFieldSet()
    private var lastPath: Int32 = -1

    /// Works out everything that is the same for all rows.
    ///
    /// - Parameter layout: how the records are laid out.
    /// - Throws: `InputError` for a layout whose columns and mapping do not make a request.
    public init(layout: RecordLayout) throws(InputError) {
        do {
            plan = try layout.plan()
        } catch {
            throw InputError(file: "stored layout", rule: error.rule)
        }
        let template = RequestTemplate(plan)
        format = layout.format
        mapping = layout.mapping
        steps = template.steps
        emitter = RequestEmitter(template)
        fields = plan.writes.map(\.field)
        let delimiter = if case .csv(let byte) = layout.format { byte } else { Byte.comma }
        cells = RowCells(delimiter: delimiter, columnCount: plan.columns.count)
    }

    /// The canonical request of the record built last; valid until the next is built.
    public var request: UnsafeRawBufferPointer { emitter.request }

    /// The own id of the record built last, or its line number where it has none; valid until the next is built.
    public var recordID: UnsafeRawBufferPointer { identifier.bytes }

    /// Builds the request of one record.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stands in the file, without its line end, well-formed UTF-8.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: whether the request may be sent; if not, `refusals` says why.
    /// - Throws: `OpenSSLError` when an account's id cannot be hashed.
    public mutating func build(rawRow: UnsafeRawBufferPointer, line: Int) throws -> Bool {
        refusals.removeAll(keepingCapacity: true)
        identifier.removeAll()
        switch format {
        case .csv: try buildFromCells(rawRow)
        case .jsonLines: try buildFromJSON(rawRow)
        }
        if identifier.count == 0 { identifier.append(Array(String(line).utf8)) }
        return refusals.isEmpty
    }

    /// The request to send for a record whose row was checked before.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stands in the file.
    ///   - line: physical line from 1 at which it starts.
    /// - Returns: canonical request JSON.
    /// - Throws: `RefusedRecord` for a row that breaks a rule, `OpenSSLError` when an account's id cannot be hashed.
    public mutating func request(forRow rawRow: [UInt8], line: Int) throws -> [UInt8] {
        guard try rawRow.withUnsafeBytes({ try build(rawRow: $0, line: line) }) else {
            throw RefusedRecord(refusals: refusals)
        }
        return Array(request)
    }

    mutating func refuse(_ field: String?, _ rule: String) {
        refusals.append(Refusal(field: field, rule: rule))
    }

    mutating func takeWhole(request: [UInt8]) {
        emitter.take(request)
    }

    mutating func takeRecordID(_ bytes: UnsafeRawBufferPointer, column: String) {
        identifier.removeAll()
        identifier.append(bytes)
        if SpreadsheetDamage.isScientificNotation(bytes) { refuse(column, SpreadsheetDamage.rule) }
    }
}

extension RequestBuilder {
    private mutating func buildFromCells(_ row: UnsafeRawBufferPointer) throws {
        if let fault = cells.split(row) { return refuse(nil, fault.rule) }
        try writeFields(from: row)
    }

    /// Writes the request from the cells, whose text stands in `base`.
    mutating func writeFields(from base: UnsafeRawBufferPointer) throws {
        takeRecordID(from: base)
        (present, lastPath) = (RequestFieldSet(), -1)
        emitter.begin()
        for index in steps.indices { try write(index, from: base) }
        emitter.end()
        for violation in RequestRules.violations(present: present) { refuse(violation.path, violation.rule) }
    }

    private mutating func takeRecordID(from base: UnsafeRawBufferPointer) {
        for column in plan.recordIDColumns where !cells[column.place].isEmpty {
            CellText.append(cells[column.place], of: base, to: &identifier)
            if !column.isCheckedAsField, SpreadsheetDamage.isScientificNotation(identifier.bytes) {
                refuse(column.name, SpreadsheetDamage.rule)
            }
            return
        }
    }

    @inline(__always)
    private mutating func write(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        guard step.way == .plain else { return try writeChanged(index, from: base) }
        let cell = cells[Int(step.column)]
        if cell.isEmpty { return }
        if cell.needsWork { return try writeChanged(index, from: base) }
        emit(base.portion(cell.range), index)
    }

    /// The way of a value that is more than a copy of one cell.
    private mutating func writeChanged(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        text.removeAll()
        gather(plan.writes[index].source, from: base)
        if text.count == 0 { return }
        if step.checksSource, SpreadsheetDamage.isScientificNotation(text.bytes) {
            note(step)
            return refuse(plan.writes[index].path.text, SpreadsheetDamage.rule)
        }
        if case .column(let place) = plan.writes[index].source, cells[place].isJSON {
            return emitJSON(text.bytes, step)
        }
        if step.kind == .boolean { try Transformer.apply(.lowercase, to: &text) }
        for transform in plan.writes[index].transforms { try Transformer.apply(transform, to: &text) }
        if text.count > 0 { emit(text.bytes, index) }
    }

    private mutating func gather(_ source: WriteSource, from base: UnsafeRawBufferPointer) {
        switch source {
        case .value(let bytes): text.append(bytes)
        case .column(let place): CellText.append(cells[place], of: base, to: &text)
        case .columns(let places, let join):
            for place in places where !cells[place].isEmpty {
                if text.count > 0 { text.append(join) }
                CellText.append(cells[place], of: base, to: &text)
            }
        }
    }

    private mutating func emit(_ value: UnsafeRawBufferPointer, _ index: Int) {
        let step = steps[index]
        note(step)
        if let rule = fields[index]?.violation(in: value) { refuse(plan.writes[index].path.text, rule) }
        switch step.kind {
        case .string: emitter.string(value, step)
        case .integer, .boolean: emitter.literal(value, step)
        case .stringArray: emitter.list(value, step)
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
