public import Basics
import IdentityInsights

/// Makes the canonical request of a record from its raw row, and checks every rule on the way. Used when a file is
/// read and again when a record is claimed, so that what is sent is what was checked.
///
/// Everything about the layout is worked out once; for each row memory is used again. One builder serves one thread
/// at a time.
public struct RequestBuilder: ~Copyable {
    /// The rules the record built last breaks; none where its request may be sent.
    public internal(set) var refusals: [Refusal] = []
    /// What is noted of the record built last though its request may be sent.
    public internal(set) var notes: [Refusal] = []

    let plan: FieldPlan
    let mapping: FieldMapping
    let values: ValueRules
    let inspector: ValueInspector
    let repeatedHeader: RepeatedHeader
    let cells: RowCells
    /// Text of JSON members, to which the cells of a flat JSON line point.
    var memberText = ByteBuffer()
    private let format: InputFormat
    /// Whether its rows were given back once, so that some cells carry a mark for spreadsheets.
    let isReturned: Bool
    let steps: [RequestStep]
    /// What the values of each step's field must keep to.
    let rules: [FieldRules]
    /// What is noted of them.
    let remarks: [FieldRules]
    var emitter: RequestEmitter
    var text = ByteBuffer()
    var identifier = ByteBuffer(capacity: 128)
    var present = RequestFieldSet()
    var lastPath: Int32 = -1
    /// Email and phone number of the record where they are placeholders: faults only if there is no other.
    var placeholders: [Refusal] = []

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

    /// The canonical request of the record built last; valid until the next is built.
    public var request: UnsafeRawBufferPointer { emitter.request }

    /// The own id of the record built last, empty where it has none or its row cannot be read; valid until the next is built.
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
        notes.removeAll(keepingCapacity: true)
        placeholders.removeAll(keepingCapacity: true)
        identifier.removeAll()
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
    public mutating func request(forRow rawRow: [UInt8], line: Int) throws -> [UInt8] {
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
            // The placeholder says it better.
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
