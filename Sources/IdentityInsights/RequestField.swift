/// One field of the request as the API documents it: where it stands, what it is, and which rules its value keeps.
public struct RequestField: Sendable {
    /// The path as the API writes it: `user.email`.
    public let path: String
    /// The JSON type of the value.
    public let kind: FieldKind
    /// The field's place in `all`, and its member in a `RequestFieldSet`.
    public let index: Int
    /// What the field is to the record.
    public let role: FieldRole
    /// What its values must keep to.
    public let rules: FieldRules
    /// What the API says of values that it takes all the same.
    public let remarks: FieldRules

    /// Checks a value's text against the field's rules.
    ///
    /// - Parameter value: UTF-8 text: a string's characters unescaped, an integer's digits, `true` or `false`, or one
    ///   element of an array of strings.
    /// - Returns: the rule broken, as the end of a sentence about the field: `must be 3 to 254 characters`; nil if none.
    public func violation(in value: UnsafeRawBufferPointer) -> String? {
        rules.broken(by: value)
    }

    /// What the API will say of a value that it takes all the same; nil where nothing.
    ///
    /// - Parameter value: UTF-8 text as for `violation(in:)`.
    /// - Returns: the end of a sentence about the field.
    public func note(in value: UnsafeRawBufferPointer) -> String? {
        remarks.broken(by: value)
    }

    /// The field under this path, nil if the API documents none.
    public static func named(_ path: String) -> RequestField? {
        named(utf8: Array(path.utf8))
    }

    /// The field under this path in UTF-8, nil if the API documents none.
    public static func named(utf8 path: [UInt8]) -> RequestField? {
        indices[path].map { all[$0] }
    }

    /// Every field of openapi 0.2.2 and the newer ones, in the order of the canonical form: object by object,
    /// names sorted by their bytes. Fields written in this order are canonical as they are.
    public static let all: [RequestField] = catalogue.enumerated().map { index, entry in
        RequestField(
            path: entry.path, kind: entry.kind, index: index, role: roles[entry.path] ?? .text,
            rules: FieldRules(checks: entry.checks), remarks: FieldRules(checks: notes[entry.path] ?? []))
    }

    private static let indices: [[UInt8]: Int] = Dictionary(
        uniqueKeysWithValues: all.map { (Array($0.path.utf8), $0.index) })
}
