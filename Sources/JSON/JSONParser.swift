/// Reads one document into a tape. Iterative: open containers are kept in an array, not on the stack.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let maximumDepth: Int
    var position = 0
    var tape: [TapeEntry] = []
    var open: [Int] = []

    init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Parses the whole input.
    mutating func parse() throws(JSONError) -> [TapeEntry] {
        guard bytes.count < UInt32.max else { throw error("a document must be shorter than 4 GiB", at: 0) }
        // RFC 8259 §8.1: a byte order mark must not be added; a parser may refuse it.
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw error("a byte order mark is not allowed") }
        tape.reserveCapacity(bytes.count / 16 + 8)
        skipWhitespace()
        try parseValue()
        while let container = open.last {
            try continueContainer(container)
        }
        skipWhitespace()
        guard position == bytes.count else { throw error("nothing may follow the value") }
        return tape
    }

    private mutating func continueContainer(_ container: Int) throws(JSONError) {
        skipWhitespace()
        let isObject = tape[container].kind == .object
        let byte = try byteHere(isObject ? "an object must be closed" : "an array must be closed")
        if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            return try close(container)
        }
        if tape.count > container + 1 {
            guard byte == UInt8(ascii: ",") else { throw error("members and elements must be separated by a comma") }
            position += 1
            skipWhitespace()
        }
        if isObject { try parseName() }
        try parseValue()
    }

    private mutating func parseName() throws(JSONError) {
        guard try byteHere("an object must be closed") == UInt8(ascii: "\"") else {
            throw error("a member's name must be a string")
        }
        try parseString()
        skipWhitespace()
        guard try byteHere("a member must have a value") == UInt8(ascii: ":") else {
            throw error("a colon must follow a member's name")
        }
        position += 1
        skipWhitespace()
    }

    private mutating func parseValue() throws(JSONError) {
        switch try byteHere("a value is missing") {
        case UInt8(ascii: "{"): try openContainer(.object)
        case UInt8(ascii: "["): try openContainer(.array)
        case UInt8(ascii: "\""): try parseString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
        case UInt8(ascii: "t"): try parseLiteral("true", .boolean)
        case UInt8(ascii: "f"): try parseLiteral("false", .boolean)
        case UInt8(ascii: "n"): try parseLiteral("null", .null)
        default: throw error("a value must be an object, array, string, number, true, false or null")
        }
    }

    private mutating func openContainer(_ kind: JSONNode.Kind) throws(JSONError) {
        guard open.count < maximumDepth else { throw error("nesting must be at most \(maximumDepth) deep") }
        open.append(tape.count)
        append(kind, from: position, to: position + 1)
        position += 1
    }

    private mutating func close(_ container: Int) throws(JSONError) {
        position += 1
        open.removeLast()
        tape[container].end = UInt32(truncatingIfNeeded: position)
        tape[container].extent = UInt32(truncatingIfNeeded: tape.count - container)
        if tape[container].kind == .object {
            try refuseDuplicateNames(in: container)
        }
    }

    private mutating func parseLiteral(_ literal: StaticString, _ kind: JSONNode.Kind) throws(JSONError) {
        let start = position
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == literal.utf8Start[index] else {
                throw error("true, false and null must be spelled out in lower case", at: start)
            }
            position += 1
        }
        append(kind, from: start, to: position)
    }

    mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int, isEscaped: Bool = false) {
        // Offsets fit: parse() refuses inputs of 4 GiB and more.
        tape.append(
            TapeEntry(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), extent: 1, kind: kind,
                isEscaped: isEscaped))
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func byteHere(_ ruleAtEnd: StaticString) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw error("\(ruleAtEnd)") }
        return bytes[position]
    }

    func error(_ rule: String, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? position
        let isOneLine = !bytes.contains(0x0A)
        let line = isOneLine ? nil : bytes.prefix(offset).count { $0 == 0x0A } + 1
        return JSONError(offset: offset, line: line, rule: rule)
    }
}

extension JSONParser {
    /// Above this many members names go into a set; below, pairwise comparison is faster than hashing.
    private static var fewMembers: Int { 24 }

    /// Refuses an object that has the same member twice, compared unescaped (RFC 8259 §4 leaves the choice to us: two
    /// readers of the same bytes must not see two different records).
    func refuseDuplicateNames(in object: Int) throws(JSONError) {
        let end = object + Int(tape[object].extent)
        var count = 0
        var name = object + 1
        while name < end {
            count += 1
            guard count <= Self.fewMembers else { return try refuseDuplicatesAmongMany(in: object) }
            var earlier = object + 1
            while earlier < name {
                if sameString(earlier, name) { throw duplicate(name) }
                earlier = nextName(after: earlier)
            }
            name = nextName(after: name)
        }
    }

    private func refuseDuplicatesAmongMany(in object: Int) throws(JSONError) {
        let end = object + Int(tape[object].extent)
        var seen: Set<[UInt8]> = []
        var name = object + 1
        while name < end {
            guard seen.insert(unescaped(name)).inserted else { throw duplicate(name) }
            name = nextName(after: name)
        }
    }

    private func nextName(after name: Int) -> Int {
        name + 1 + Int(tape[name + 1].extent)
    }

    private func sameString(_ one: Int, _ other: Int) -> Bool {
        if tape[one].isEscaped || tape[other].isEscaped {
            return unescaped(one) == unescaped(other)
        }
        let (left, right) = (tape[one].content, tape[other].content)
        guard left.count == right.count else { return false }
        for offset in 0..<left.count where bytes[left.lowerBound + offset] != bytes[right.lowerBound + offset] {
            return false
        }
        return true
    }

    private func unescaped(_ index: Int) -> [UInt8] {
        let content = Array(bytes[tape[index].content])
        return tape[index].isEscaped ? StringEscapes.unescaped(content[...]) : content
    }

    private func duplicate(_ name: Int) -> JSONError {
        error("an object must not have the same member twice", at: Int(tape[name].start))
    }
}

extension JSONParser {
    /// Parses the number that starts here (RFC 8259 §6); its text is kept, its value computed on demand.
    mutating func parseNumber() throws(JSONError) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        try skipIntegerPart()
        if skip(UInt8(ascii: ".")) {
            try skipDigits("a decimal point must be followed by a digit")
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            _ = skip(UInt8(ascii: "+")) || skip(UInt8(ascii: "-"))
            try skipDigits("an exponent must have a digit")
        }
        append(.number, from: start, to: position)
    }

    private mutating func skipIntegerPart() throws(JSONError) {
        if skip(UInt8(ascii: "0")) {
            guard !isDigitHere else { throw error("a number must not start with a superfluous zero") }
        } else {
            try skipDigits("a minus sign must be followed by a digit")
        }
    }

    private mutating func skipDigits(_ rule: StaticString) throws(JSONError) {
        guard isDigitHere else { throw error("\(rule)") }
        while isDigitHere { position += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private var isDigitHere: Bool {
        position < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    }
}

/// The input is not one strict RFC 8259 document: where, and which rule it breaks. Never the value itself.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Offset in bytes, from 0, of the first byte that breaks the rule; the input's length when it ends too soon.
    public let offset: Int
    /// Line of that byte within the input, from 1; nil when the input is a single line.
    public let line: Int?
    /// The rule broken, as part of a sentence: `a string must be closed`.
    public let rule: String

    /// Creates the error for one broken rule.
    ///
    /// - Parameters:
    ///   - offset: byte offset from 0.
    ///   - line: line from 1, or nil for single-line input.
    ///   - rule: the rule broken, without any part of the input.
    public init(offset: Int, line: Int? = nil, rule: String) {
        self.offset = offset
        self.line = line
        self.rule = rule
    }

    /// One sentence with the place and the rule.
    public var description: String {
        let place = line.map { "line \($0), byte \(offset)" } ?? "byte \(offset)"
        return "not valid JSON at \(place): \(rule)"
    }
}
