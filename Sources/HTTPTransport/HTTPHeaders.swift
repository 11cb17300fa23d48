/// The header fields of an answer, kept as the bytes that came and read on demand.
public struct HTTPHeaders: Sendable {
    /// Status line and field lines, each with its line end.
    private let lines: [UInt8]

    /// Makes header fields from the lines of an answer.
    ///
    /// - Parameter lines: The status line and the field lines as received, each with its line end.
    public init(lines: [UInt8]) {
        self.lines = lines
    }

    /// Makes header fields from names and values.
    ///
    /// - Parameter fields: Names and values, in order.
    public init(_ fields: [(String, String)]) {
        lines = fields.flatMap { Array("\($0): \($1)\r\n".utf8) }
    }

    /// The value of the first field of that name, without surrounding white space (RFC 9110 §5.5).
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The value, or nil if there is no such field.
    public func value(of name: String) -> String? {
        var first: String?
        forEachValue(of: name) { value in
            first = value
            return false
        }
        return first
    }

    /// The values of all fields of that name, in their order: a list may be spread over several (RFC 9110 §5.3).
    ///
    /// - Parameter name: The field's name, in any case.
    /// - Returns: The values, each without surrounding white space.
    public func values(of name: String) -> [String] {
        var values: [String] = []
        forEachValue(of: name) { value in
            values.append(value)
            return true
        }
        return values
    }

    /// Calls `body` with each value until it says that it wants no more.
    private func forEachValue(of name: String, _ body: (String) -> Bool) {
        let wanted = Array(name.utf8)
        var rest = lines[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = rest[..<end]
            if Self.isField(line, named: wanted) {
                let value = String(decoding: Self.trimmed(line.dropFirst(wanted.count + 1)), as: UTF8.self)
                guard body(value) else { return }
            }
            rest = rest[end...].dropFirst()
        }
    }

    private static func isField(_ line: ArraySlice<UInt8>, named name: [UInt8]) -> Bool {
        line.count > name.count && line[line.startIndex + name.count] == UInt8(ascii: ":")
            && zip(line, name).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var rest = value.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
