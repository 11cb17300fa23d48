import IdentityInsights

/// One field of the request to be written from a row.
struct FieldWrite: Sendable {
    let path: FieldPath
    /// The documented field, nil where it passes through.
    let field: RequestField?
    let source: WriteSource
    let transforms: [FieldTransform]
    /// The file's own name for where the value comes from; nil where that is the API's path or no column at all.
    let columnName: String?

    /// A field that is not documented is text.
    var kind: FieldKind { field?.kind ?? .string }

    /// What the field is to the record. What the job itself gives is taken at its word.
    var role: FieldRole {
        if case .value = source { return .text }
        return field?.role ?? .text
    }

    /// Whether its text is looked at by the rules of ids.
    var isCheckedAsID: Bool { [.account, .phone, .identifier].contains(role) }

    /// - Parameters:
    ///   - rule: how the field is filled.
    ///   - source: the rule's source with columns by their place.
    init(_ rule: FieldRule, source: WriteSource) {
        path = FieldPath(rule.path)
        field = RequestField.named(rule.path)
        self.source = source
        transforms = rule.transforms
        let name = rule.source.columns.joined(separator: " + ")
        columnName = name.isEmpty || name == rule.path ? nil : name
    }
}
