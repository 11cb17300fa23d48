import JSON
import TestSupport

/// A document made up at random: written once canonically and once with other white space, order and escapes.
struct RandomDocument {
    indirect enum Value {
        case object([(String, Value)])
        case array([Value])
        case string(String)
        case number(String)
        case literal(String)
    }

    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func value(depth: Int = 0) -> Value {
        switch Int.random(in: (depth < 2 ? 2 : 0)..<(depth > 4 ? 3 : 5), using: &random) {
        case 0: .string(text())
        case 1: .number(["0", "-7", "42.50", "1e5", "9223372036854775807"].randomElement(using: &random) ?? "0")
        case 2: .literal(["true", "false", "null"].randomElement(using: &random) ?? "null")
        case 3: .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth + 1) })
        default: .object(members(depth: depth))
        }
    }

    /// Writes a value with random white space, member order and escapes.
    mutating func disguised(_ value: Value) -> String {
        switch value {
        case .object(let members):
            let parts = members.shuffled(using: &random).map { name, value in
                quoted(name) + space() + ":" + space() + disguised(value)
            }
            return "{" + space() + parts.joined(separator: space() + "," + space()) + space() + "}"
        case .array(let elements):
            let parts = elements.map { disguised($0) }
            return "[" + space() + parts.joined(separator: "," + space()) + space() + "]"
        case .string(let text): return quoted(text)
        case .number(let text), .literal(let text): return text
        }
    }

    /// Writes a value with the writer, members in the order given.
    static func write(_ value: Value, into writer: inout JSONWriter) {
        switch value {
        case .object(let members):
            writer.beginObject()
            for (name, value) in members {
                writer.key(name)
                write(value, into: &writer)
            }
            writer.endObject()
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, into: &writer) }
            writer.endArray()
        case .string(let text): writer.string(text)
        case .number(let text), .literal(let text): writer.raw(Array(text.utf8))
        }
    }

    private mutating func members(depth: Int) -> [(String, Value)] {
        var names: [[UInt8]: Value] = [:]
        // Now and then many members: names are compared in another way then.
        let count = Int.random(in: 0..<20, using: &random) == 0 ? 40 : Int.random(in: 0..<4, using: &random)
        for _ in 0..<count {
            names[Array(text().utf8)] = value(depth: depth + 1)
        }
        let sorted = names.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return sorted.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    }

    private mutating func text() -> String {
        let pool = [
            "a", "b", "Z", "0", ".", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "ß", "日", "😀",
            "\u{10FFFF}",
        ]
        return (0..<Int.random(in: 0..<12, using: &random)).map { _ in pool.randomElement(using: &random) ?? "" }
            .joined()
    }

    private mutating func space() -> String {
        ["", "", " ", "\n", "\t\r\n  "].randomElement(using: &random) ?? ""
    }

    private mutating func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            let isForbidden = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if isForbidden || Int.random(in: 0..<4, using: &random) == 0 {
                result += String(scalar).utf16.map { escape($0) }.joined()
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private mutating func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
