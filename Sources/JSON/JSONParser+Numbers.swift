extension JSONParser {
    /// Parses the number that starts here (RFC 8259 §6); its text is kept, its value worked out when asked for.
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
