/// Bytes that are not one strict RFC 8259 document: where, and which rule they break. Never the value itself.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Offset in bytes, from 0, of the first byte that breaks the rule; the length of the input where it ends too soon.
    public let offset: Int
    /// Line of that byte within the input, from 1; nil where the input is a single line.
    public let line: Int?
    /// The rule broken, as part of a sentence: `a string must be closed`.
    public let rule: String

    /// Makes the error for one broken rule.
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
