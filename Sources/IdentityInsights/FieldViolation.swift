/// One rule a request breaks. Names the field and the rule, never the value.
public struct FieldViolation: Sendable, Equatable, CustomStringConvertible {
    /// The field's path as the API writes it: `user.email`, `device.plugins[2]`.
    public let path: String
    /// The rule broken, as the end of a sentence about the field: `must be 3 to 254 characters`.
    public let rule: String

    /// Makes a violation.
    ///
    /// - Parameters:
    ///   - path: the field's path as the API writes it.
    ///   - rule: the rule broken, without any part of the value.
    public init(path: String, rule: String) {
        self.path = path
        self.rule = rule
    }

    /// The field and the rule: `user.email must be 3 to 254 characters`.
    public var description: String { "\(path) \(rule)" }
}
