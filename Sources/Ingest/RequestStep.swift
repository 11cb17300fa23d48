import IdentityInsights

/// One field to be written, with everything about it worked out. It holds no references, so that walking the steps
/// of a row counts none.
struct RequestStep: Sendable {
    /// What is done with the field's text.
    enum Way {
        /// One cell copied as it is, into a string.
        case plain
        /// Anything else.
        case changed
    }

    let way: Way
    let kind: FieldKind
    /// What the field is to the record.
    let role: FieldRole
    /// Whether the text must be looked at before transforms can hide what is wrong with it.
    let isInspected: Bool
    /// Whether the field has rules for its text.
    let isChecked: Bool
    /// Whether the API may have something to say of a value that it takes.
    let isNoted: Bool
    /// Whether the text comes from one column.
    let isColumn: Bool
    /// That column.
    let column: Int32
    /// The object the field belongs to, by number.
    let group: Int32
    /// Where `"email":` stands among the template's keys.
    let keyStart: Int32
    let keyCount: Int32
    /// Its place among the documented fields, or `RequestFieldSet.unknownDeviceField`; -1 for what no rule looks at.
    let presence: Int32
    /// The same for all steps of one path, so that a field given twice is seen.
    let pathNumber: Int32

    init(_ write: FieldWrite, _ inspector: ValueInspector, group: Int, key: Range<Int>, pathNumber: Int) {
        let place: Int? = if case .column(let place) = write.source { place } else { nil }
        isColumn = place != nil
        column = Int32(place ?? 0)
        way = place != nil && write.transforms.isEmpty && write.kind == .string ? .plain : .changed
        kind = write.kind
        role = write.role
        isInspected = inspector.looks(at: write.role)
        isChecked = write.field?.rules.isEmpty == false
        isNoted = write.field?.remarks.isEmpty == false
        self.group = Int32(group)
        keyStart = Int32(key.lowerBound)
        keyCount = Int32(key.count)
        let isDevice = write.path.segments.first == Array("device".utf8)
        presence = Int32(write.field?.index ?? (isDevice ? RequestFieldSet.unknownDeviceField : -1))
        self.pathNumber = Int32(pathNumber)
    }

    var key: Range<Int> { Int(keyStart)..<Int(keyStart + keyCount) }
}
