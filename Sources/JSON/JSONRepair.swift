/// Reads text that is JSON except for errors of form, and writes the strict JSON it stands for.
///
/// A byte order mark is skipped. A lone surrogate and invalid UTF-8 become U+FFFD; a control character in a string is
/// escaped, and a backslash before a letter that is no escape stands for itself. `NaN` and the infinities become
/// `null`, and so does anything nested too deep. Numbers lose a plus sign and superfluous zeros. Of repeated members
/// the first is kept; extra commas are skipped, and so is whatever follows the value. Anything else is not JSON.
///
/// Iterative, as the parser is: no depth of nesting can exhaust the stack.
struct JSONRepair {
    /// An array or object that is open.
    private struct Container {
        let isObject: Bool
        /// The names seen so far, unescaped.
        var names: Set<[UInt8]> = []
        var isEmpty = true
        /// Where to truncate to when the current member ends, because its name is repeated.
        var discardsFrom: Int?
    }

    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0
    private var written: [UInt8] = []
    private var open: [Container] = []
    private var writer = JSONWriter()

    init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        written.reserveCapacity(bytes.count)
    }

    /// The strict form; nil when the text cannot be repaired.
    mutating func repaired() -> [UInt8]? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipWhitespace()
        guard takeValue() else { return nil }
        while let container = open.last {
            guard container.isObject ? takeMember() : takeElement() else { return nil }
        }
        return written
    }

    private mutating func takeElement() -> Bool {
        skipWhitespace()
        guard let byte = here else { return false }
        if byte == UInt8(ascii: "]") { return close(byte) }
        guard takesSeparator() else { return false }
        guard here != UInt8(ascii: "]") else { return true }
        separate()
        return takeValue()
    }

    private mutating func takeMember() -> Bool {
        skipWhitespace()
        guard let byte = here else { return false }
        if byte == UInt8(ascii: "}") { return close(byte) }
        guard takesSeparator() else { return false }
        guard here != UInt8(ascii: "}") else { return true }
        let start = written.count
        separate()
        guard here == UInt8(ascii: "\""), let name = takeString() else { return false }
        skipWhitespace()
        guard here == UInt8(ascii: ":") else { return false }
        position += 1
        written.append(UInt8(ascii: ":"))
        if !open[open.count - 1].names.insert(name).inserted { open[open.count - 1].discardsFrom = start }
        skipWhitespace()
        return takeValue()
    }

    /// Skips the commas before a member or element: at least one, except before the first.
    private mutating func takesSeparator() -> Bool {
        let isFirst = open.last?.isEmpty ?? true
        var commas = 0
        while here == UInt8(ascii: ",") {
            position += 1
            commas += 1
            skipWhitespace()
        }
        return isFirst || commas > 0
    }

    private mutating func separate() {
        if open.last?.isEmpty == false { written.append(UInt8(ascii: ",")) }
    }

    /// A value is complete: its container has one more, unless its name was there before.
    private mutating func valueEnded() {
        guard !open.isEmpty else { return }
        if let start = open[open.count - 1].discardsFrom.take() { written.removeLast(written.count - start) }
        open[open.count - 1].isEmpty = false
    }

    private mutating func close(_ bracket: UInt8) -> Bool {
        position += 1
        written.append(bracket)
        open.removeLast()
        valueEnded()
        return true
    }

    private mutating func takeValue() -> Bool {
        switch here {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return takeContainer()
        case UInt8(ascii: "\""):
            guard takeString() != nil else { return false }
        default:
            let token = takeToken()
            guard let value = NumberRepair.strict(token) ?? Self.literal(token) else { return false }
            written += value
        }
        valueEnded()
        return true
    }

    private mutating func takeContainer() -> Bool {
        guard open.count < maximumDepth else {
            written += "null".utf8
            guard skipContainer() else { return false }
            valueEnded()
            return true
        }
        let isObject = here == UInt8(ascii: "{")
        written.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        position += 1
        open.append(Container(isObject: isObject))
        return true
    }

    /// Skips a container with its whole content; false when it does not end.
    private mutating func skipContainer() -> Bool {
        var depth = 0
        while let byte = here {
            switch byte {
            case UInt8(ascii: "\""):
                guard StringRepair.take(from: bytes, at: &position) != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return true }
        }
        return false
    }

    /// Writes the string that begins here and returns its text; nil when it does not end.
    private mutating func takeString() -> [UInt8]? {
        guard let text = StringRepair.take(from: bytes, at: &position) else { return nil }
        writer.reset()
        text.withUnsafeBytes { writer.string(utf8: $0) }
        written += writer.bytes
        return text
    }

    /// The text up to the next white space, bracket, comma, colon or quote.
    private mutating func takeToken() -> ArraySlice<UInt8> {
        let start = position
        while let byte = here, byte > 0x20, !",:{}[]\"".utf8.contains(byte) { position += 1 }
        return bytes[start..<position]
    }

    private static func literal(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        let word = String(decoding: token, as: UTF8.self).lowercased()
        switch word {
        case "true", "false", "null": return Array(word.utf8)
        case "nan", "inf", "infinity", "+inf", "+infinity", "-inf", "-infinity": return Array("null".utf8)
        default: return nil
        }
    }

    private var here: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhitespace() {
        while let byte = here, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }
}

extension JSONDocument {
    /// Parses text that is JSON except for errors of form, as far as it can be read: see `JSONRepair` for how each is
    /// treated. Strict text gives the same values as `init(parsing:maximumDepth:)`. Nil when the text cannot be
    /// repaired.
    ///
    /// - Parameter bytes: the text, less than 4 GiB.
    public init?(repairing bytes: [UInt8]) {
        var repair = JSONRepair(bytes, maximumDepth: Self.greatestDepth)
        guard let strict = repair.repaired() else { return nil }
        do throws(JSONError) {
            try self.init(parsing: strict, maximumDepth: Self.greatestDepth)
        } catch {
            return nil  // for 4 GiB and more
        }
    }
}

/// Reads strings whose text breaks the rules of RFC 8259 §7.
enum StringRepair {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// The text of the string whose opening quote is at `position`, in valid UTF-8; `position` is then after the
    /// closing quote. Nil when there is none.
    static func take(from bytes: [UInt8], at position: inout Int) -> [UInt8]? {
        var rest = bytes[position...].dropFirst()
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case quote:
                position = rest.startIndex
                // Decoding replaces invalid UTF-8 with U+FFFD.
                return Array(String(decoding: text, as: UTF8.self).utf8)
            case backslash: appendEscape(from: &rest, to: &text)
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The text after a backslash; a backslash that begins no escape stands for itself.
    private static func appendEscape(from rest: inout ArraySlice<UInt8>, to text: inout [UInt8]) {
        guard let letter = rest.first else { return }
        if let byte = StringEscapes.byte(forLetter: letter) {
            rest.removeFirst()
            text.append(byte)
        } else if letter == UInt8(ascii: "u"), let unit = StringEscapes.unit(in: rest.dropFirst()) {
            rest = rest.dropFirst(5)
            StringEscapes.append(unit, followedBy: &rest, to: &text)
        } else {
            text.append(backslash)
        }
    }
}

/// Reads numbers that break the rules of RFC 8259 §6.
enum NumberRepair {
    /// The number as JSON writes it; nil when it is none.
    static func strict(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = token
        var number: [UInt8] = []
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            rest.removeFirst()
            if sign == UInt8(ascii: "-") { number.append(sign) }
        }
        let whole = takeDigits(from: &rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = takeDigits(from: &rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        number += significant.isEmpty ? [UInt8(ascii: "0")] : significant
        if !fraction.isEmpty { number += [UInt8(ascii: ".")] + fraction }
        guard let exponent = exponent(rest) else { return nil }
        return number + exponent
    }

    /// The exponent, or nothing when there is none; nil when something else follows.
    private static func exponent(_ rest: ArraySlice<UInt8>) -> [UInt8]? {
        guard let mark = rest.first else { return [] }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
        var digits = rest.dropFirst()
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits.removeFirst() }
        let taken = takeDigits(from: &digits)
        return taken.isEmpty || !digits.isEmpty ? nil : Array(rest)
    }

    private static func takeDigits(from rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }
}
