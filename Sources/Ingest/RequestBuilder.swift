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
    /// Whether its rows were given back once, so that some cells carry a mark for spreadsheets.
    let isReturned: Bool
    let steps: [RequestStep]
    /// The documented field of each step.
    let fields: [RequestField?]
    var emitter: RequestEmitter
    var text = ByteBuffer()
    var identifier = ByteBuffer(capacity: 128)
    var present = RequestFieldSet()
    var lastPath: Int32 = -1

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
        isReturned = layout.isReturned
        mapping = layout.mapping
        steps = template.steps
        emitter = RequestEmitter(template)
        fields = plan.writes.map(\.field)
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

    /// Notes a broken rule.
    mutating func refuse(_ field: String?, _ rule: String) {
        refusals.append(Refusal(field: field, rule: rule))
    }

    /// Takes a request that is whole already.
    mutating func takeWhole(request: [UInt8]) {
        emitter.take(request)
    }

    mutating func takeRecordID(_ bytes: UnsafeRawBufferPointer, column: String) {
        identifier.removeAll()
        identifier.append(bytes)
        if SpreadsheetDamage.isScientificNotation(bytes) { refuse(column, SpreadsheetDamage.rule) }
    }
}
