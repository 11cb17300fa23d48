public import JSON

/// One walk over a request: which known fields are there, which of their rules are broken, and what is noted of them.
public struct RequestInspection {
    /// The fields that are there.
    public private(set) var present = RequestFieldSet()
    /// The rules broken by single fields and members, in the order of the document.
    public private(set) var violations: [FieldViolation] = []
    /// What the API will say of values that it takes all the same.
    public private(set) var notes: [FieldViolation] = []
    private var path: [UInt8] = []
    private let root: JSONNode

    /// The objects of the request the API documents.
    private static let groups: Set<[UInt8]> = Set(
        ["user", "user.account", "user.phone", "user.address", "device"].map { Array($0.utf8) })

    private static let deviceName = Array("device".utf8)

    /// Inspects a request.
    ///
    /// - Parameter root: the request's object.
    public init(of root: JSONNode) {
        self.root = root
        inspect(root)
    }

    /// Inspects the members of the object that stands at `path`.
    private mutating func inspect(_ object: JSONNode) {
        let length = path.count
        object.forEachMember { name, value in
            if length > 0 { path.append(UInt8(ascii: ".")) }
            path.append(contentsOf: name)
            // A name with a dot is one unknown name, not a way to a field.
            inspectMember(value, isPlainName: !name.contains(UInt8(ascii: ".")), isAtTop: length == 0)
            path.removeLast(path.count - length)
        }
    }

    private mutating func inspectMember(_ value: JSONNode, isPlainName: Bool, isAtTop: Bool) {
        if isPlainName, let field = RequestField.named(utf8: path) {
            present.insert(field.index)
            check(value, against: field)
        } else if isPlainName, Self.groups.contains(path) {
            value.kind == .object ? inspect(value) : report("must be an object")
        } else if isAtTop {
            violations.append(
                FieldViolation(path: shownName(path), rule: "is not known at the top of a request"))
        } else if path.starts(with: Self.deviceName) {
            present.insert(RequestFieldSet.unknownDeviceField)
        }
    }

    private mutating func check(_ value: JSONNode, against field: RequestField) {
        switch field.kind {
        case .string:
            check(value, is: .string, field, value.withStringBytes(field.violation))
            if let note = value.withStringBytes(field.note(in:)) ?? nil {
                notes.append(FieldViolation(path: field.path, rule: note))
            }
        case .boolean:
            check(value, is: .boolean, field, nil)
        case .integer:
            check(value, is: .number, field, value.raw.withUnsafeBytes(field.violation))
        case .stringArray:
            check(value, is: .array, field, nil)
            for (index, element) in value.elements.enumerated() where element.kind != .string {
                violations.append(FieldViolation(path: "\(field.path)[\(index)]", rule: FieldKind.string.rule))
            }
        }
    }

    private mutating func check(_ value: JSONNode, is kind: JSONNode.Kind, _ field: RequestField, _ rule: String??) {
        if value.kind != kind {
            report(field.kind.rule)
        } else if let rule, let rule {
            report(rule)
        }
    }

    private mutating func report(_ rule: String) {
        violations.append(FieldViolation(path: String(decoding: path, as: UTF8.self), rule: rule))
    }

    /// A member's name is data too: one that does not look like a name, or says what a value says, is not repeated.
    private func shownName(_ name: [UInt8]) -> String {
        let name = String(decoding: name, as: UTF8.self)
        return RequestField.named(name) != nil || RecordWords(of: root).mayShow(name) ? name : "a member"
    }
}
