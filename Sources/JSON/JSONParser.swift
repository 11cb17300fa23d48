/// Reads one document into a tape. Iterative: open containers stand in an array, not on the stack.
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
