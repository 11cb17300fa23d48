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

    /// Begins a request.
    mutating func begin() {
        out.removeAll()
        out.append(Byte.openBrace)
        (current, needsComma) = (0, false)
    }

    /// Ends the request.
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
