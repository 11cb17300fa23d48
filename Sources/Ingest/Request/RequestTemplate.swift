import Basics
import IdentityInsights

/// The shape of the requests of a file: the objects, and the fields in canonical order.
struct RequestTemplate: Sendable {
    let groups: [RequestGroup]
    let steps: [RequestStep]
    /// The fields' names with quotes and colons, one after the other.
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

/// Writes canonical request JSON field by field into memory that is used again, opening and closing the objects around
/// the fields. Fields must come in canonical order.
struct RequestEmitter: ~Copyable {
    private var out = ByteBuffer(capacity: 2048)
    private var keys: ByteBuffer
    private let groups: [RequestGroup]
    private var current = 0
    private var needsComma = false

    /// - Parameter template: the objects fields stand in, and their names.
    init(_ template: RequestTemplate) {
        groups = template.groups
        keys = ByteBuffer(capacity: template.keys.count)
        keys.append(template.keys)
    }

    /// The request, once it is ended; valid until the next begins.
    var request: UnsafeRawBufferPointer { out.bytes }

    /// Forgets the request written last: of a row that none can be made of there is none.
    mutating func clear() { out.removeAll() }

    mutating func begin() {
        out.removeAll()
        out.append(Byte.openBrace)
        (current, needsComma) = (0, false)
    }

    mutating func end() {
        while current != 0 { close() }
        out.append(Byte.closeBrace)
    }

    /// Takes a whole request written elsewhere.
    mutating func take(_ request: [UInt8]) {
        out.removeAll()
        out.append(request)
    }

    /// Writes a field that is text.
    @inline(__always)
    mutating func string(_ text: UnsafeRawBufferPointer, _ step: RequestStep) {
        key(step)
        JSONString.append(text, to: &out)
    }

    /// Writes a field whose value is JSON already.
    mutating func literal(_ json: UnsafeRawBufferPointer, _ step: RequestStep) {
        key(step)
        out.append(json)
    }

    /// Writes an array of strings from text with `|` between its items.
    mutating func list(_ text: UnsafeRawBufferPointer, _ step: RequestStep, trims: Bool) {
        key(step)
        var start = 0
        var separator = Byte.openBracket
        while start <= text.count {
            let end = text.firstOffset(of: Byte.bar, in: start..<text.count) ?? text.count
            out.append(separator)
            let item = trims ? InvisibleCharacters.trimmed(start..<end, of: text) : start..<end
            JSONString.append(text.portion(item), to: &out)
            separator = Byte.comma
            start = end + 1
        }
        out.append(Byte.closeBracket)
    }

    @inline(__always)
    private mutating func key(_ step: RequestStep) {
        if step.group != current { move(to: Int(step.group)) }
        if needsComma { out.append(Byte.comma) }
        needsComma = true
        out.append(keys.bytes.portion(step.key))
    }

    private mutating func move(to group: Int) {
        while !(current...groups[current].last).contains(group) { close() }
        open(group)
    }

    private mutating func open(_ group: Int) {
        guard group != current else { return }
        open(groups[group].parent)
        if needsComma { out.append(Byte.comma) }
        out.append(groups[group].opening)
        (current, needsComma) = (group, false)
    }

    private mutating func close() {
        out.append(Byte.closeBrace)
        (current, needsComma) = (groups[current].parent, true)
    }
}

/// Writes JSON strings in the one form of the canonical request: the fewest escapes, short ones where there are any.
private enum JSONString {
    private static let quotes = WordScan.repeated(Byte.quote)
    private static let backslashes = WordScan.repeated(Byte.backslash)
    /// No byte needs more room than `\u001f`.
    private static let longestEscape = 6

    /// A string in quotes.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        text.withUnsafeBytes { append($0, to: &buffer) }
        return Array(buffer.bytes)
    }

    /// Appends a string in quotes.
    ///
    /// - Parameters:
    ///   - text: well-formed UTF-8.
    ///   - buffer: receives the string.
    @inline(__always)
    static func append(_ text: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        buffer.write(upTo: text.count * longestEscape + 2) { out in
            out.storeBytes(of: Byte.quote, as: UInt8.self)
            let written = 1 + copy(text, to: out + 1)
            out.storeBytes(of: Byte.quote, toByteOffset: written, as: UInt8.self)
            return written + 1
        }
    }

    @inline(__always)
    private static func copy(_ text: UnsafeRawBufferPointer, to out: UnsafeMutableRawPointer) -> Int {
        var here = 0
        var written = 0
        while here + 8 <= text.count {
            let word = WordScan.word(of: text, at: here)
            let special =
                WordScan.controls(in: word) | WordScan.matches(of: quotes, in: word)
                | WordScan.matches(of: backslashes, in: word)
            if special != 0 {
                for offset in here..<here + 8 { written += put(text[offset], at: out + written) }
            } else {
                out.storeBytes(of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                written += 8
            }
            here += 8
        }
        while here < text.count {
            written += put(text[here], at: out + written)
            here += 1
        }
        return written
    }

    /// Writes one byte, escaped where RFC 8259 §7 demands it, and says how many bytes that took.
    @inline(__always)
    private static func put(_ byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        if byte >= 0x20, byte != Byte.quote, byte != Byte.backslash {
            out.storeBytes(of: byte, as: UInt8.self)
            return 1
        }
        return escape(byte, at: out)
    }

    @inline(never)
    private static func escape(_ byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        out.storeBytes(of: Byte.backslash, as: UInt8.self)
        if let letter = letter(for: byte) {
            out.storeBytes(of: letter, toByteOffset: 1, as: UInt8.self)
            return 2
        }
        let rest = [
            UInt8(ascii: "u"), Byte.zero, Byte.zero, Hexadecimal.digit(byte >> 4), Hexadecimal.digit(byte),
        ]
        rest.withUnsafeBytes { (out + 1).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(out), byteCount: 5) }
        return longestEscape
    }

    private static func letter(for byte: UInt8) -> UInt8? {
        switch byte {
        case Byte.quote, Byte.backslash: byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }
}
