import IdentityInsights

/// One field of the request to be written from a row.
struct FieldWrite: Sendable {
    let path: FieldPath
    /// The documented field, nil where it passes through.
    let field: RequestField?
    let source: WriteSource
    let transforms: [FieldTransform]

    /// A field that is not documented is text.
    var kind: FieldKind { field?.kind ?? .string }

    /// The fields whose digits a spreadsheet must not have lost, looked at before any transform hides it.
    var mustNotBeMangled: Bool {
        ["user.account.hashedAccountId", "user.phone.number"].contains(path.text)
    }

    /// Whether it says whose record it is.
    var holdsAccount: Bool { path.text == "user.account.hashedAccountId" }

    init(path: String, source: WriteSource, transforms: [FieldTransform]) {
        self.path = FieldPath(path)
        field = RequestField.named(path)
        self.source = source
        self.transforms = transforms
    }
}
