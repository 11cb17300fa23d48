import IdentityInsights

/// The shape of the requests of a file: the objects, and the fields in canonical order.
struct RequestTemplate: Sendable {
    let groups: [RequestGroup]
    let steps: [RequestStep]
    /// The fields' names with quotes and colons, one behind the other.
    let keys: [UInt8]

    /// - Parameters:
    ///   - plan: the fields to write, in canonical order.
    ///   - inspector: what looks at values before they are written.
    init(_ plan: FieldPlan, _ inspector: ValueInspector) {
        var builder = GroupBuilder()
        var numbers: [FieldPath: Int] = [:]
        var keys: [UInt8] = []
        steps = plan.writes.map { write in
            let number = numbers[write.path, default: numbers.count]
            numbers[write.path] = number
            let start = keys.count
            keys += JSONString.quoted(write.path.segments.last ?? []) + [Byte.colon]
            let group = builder.group(Array(write.path.segments.dropLast()))
            return RequestStep(write, inspector, group: group, key: start..<keys.count, pathNumber: number)
        }
        groups = builder.groups
        self.keys = keys
    }

    /// Numbers the objects in the order they are opened, so that those inside one follow it without a gap.
    private struct GroupBuilder {
        private(set) var groups = [RequestGroup(parent: 0, last: 0, opening: [])]
        private var numbers: [[[UInt8]]: Int] = [[]: 0]

        mutating func group(_ segments: [[UInt8]]) -> Int {
            if let number = numbers[segments] { return number }
            let parent = group(Array(segments.dropLast()))
            let number = groups.count
            let opening = JSONString.quoted(segments.last ?? []) + [Byte.colon, Byte.openBrace]
            groups.append(RequestGroup(parent: parent, last: number, opening: opening))
            numbers[segments] = number
            var outer = parent
            while groups[outer].last < number {
                groups[outer].last = number
                outer = groups[outer].parent
            }
            return number
        }
    }
}

/// One field to be written, with everything about it worked out. It holds no references, so that walking the steps
/// of a row counts none.
struct RequestStep: Sendable {
    /// How the field's text is written.
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
    /// Whether that is so of a text that may be a card number, and of no other.
    let looksForCards: Bool
    /// Whether the field has rules for its text.
    private let isChecked: Bool
    /// The lengths in bytes at which its text breaks none of them, if `leastSound` is not above `mostSound`.
    private let leastSound: Int32
    private let mostSound: Int32
    /// Whether the API may warn about a value that it accepts.
    let isNoted: Bool
    /// Whether the text comes from one column.
    let isColumn: Bool
    let column: Int32
    /// The object the field belongs to, by number.
    let group: Int32
    /// Where `"email":` is among the template's keys.
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
        looksForCards = inspector.looksForCardsAlone(at: write.role)
        isChecked = write.field?.rules.isEmpty == false
        let sound = write.field?.rules.soundByteCounts
        leastSound = Int32(sound?.lowerBound ?? 1)
        mostSound = Int32(sound?.upperBound ?? 0)
        isNoted = write.field?.remarks.isEmpty == false
        self.group = Int32(group)
        keyStart = Int32(key.lowerBound)
        keyCount = Int32(key.count)
        let isDevice = write.path.segments.first == Array("device".utf8)
        presence = Int32(write.field?.index ?? (isDevice ? RequestFieldSet.unknownDeviceField : -1))
        self.pathNumber = Int32(pathNumber)
    }

    /// Whether the field's rules must look at a text of so many bytes.
    @inline(__always)
    func mustCheck(byteCount: Int) -> Bool { isChecked && !(byteCount >= leastSound && byteCount <= mostSound) }

    var key: Range<Int> { Int(keyStart)..<Int(keyStart + keyCount) }
}

/// One object of the request around its fields: `user`, `user.account`.
struct RequestGroup: Sendable {
    /// The object around it, by number; the request itself is number 0 and its own parent.
    let parent: Int
    /// The greatest number of an object inside it; its own where there is none.
    var last: Int
    /// `"account":{`
    let opening: [UInt8]
}
