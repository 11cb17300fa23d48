public import JSON

/// The rules of a whole request (openapi 0.2.2, `AccountOpeningData`, `UserInput`, `DeviceInput`).
public enum RequestRules {
    /// The rules that concern several fields at once, for a request of which only the set of fields is known.
    ///
    /// `user` is required with `account` and at least one of `email` and `phone.number`; `device.ip` and
    /// `device.userAgent` are required with any device field beside those two.
    ///
    /// - Parameter present: the fields the request has.
    /// - Returns: the rules broken; none if the request is complete. Costs a few nanoseconds then.
    public static func violations(present: RequestFieldSet) -> [FieldViolation] {
        var violations: [FieldViolation] = []
        appendUser(present, to: &violations)
        appendDevice(present, to: &violations)
        return violations
    }

    /// Every rule broken by a whole request: each known field's own, the types, the unknown members at the top, and
    /// the rules that concern several fields. Unknown fields below `user.` and `device.` pass.
    ///
    /// - Parameter request: the request's object, without the `id` of a JSON line.
    /// - Returns: the rules broken in the order of the document, then those that concern several fields.
    public static func violations(in request: JSONNode) -> [FieldViolation] {
        guard request.kind == .object else {
            return [FieldViolation(path: "request", rule: "must be a JSON object")]
        }
        let inspection = RequestInspection(of: request)
        return inspection.violations + violations(present: inspection.present)
    }

    private static func appendUser(_ present: RequestFieldSet, to violations: inout [FieldViolation]) {
        guard present.meets(userFields) else {
            violations.append(
                FieldViolation(path: "user", rule: "is required, with account and one of email and phone.number"))
            return
        }
        if !present.meets(accountFields) {
            violations.append(FieldViolation(path: "user.account", rule: "is required"))
        }
        if !present.meets(contactFields) {
            violations.append(
                FieldViolation(path: "user.email", rule: "is required where user.phone.number is not given"))
        }
    }

    private static func appendDevice(_ present: RequestFieldSet, to violations: inout [FieldViolation]) {
        guard present.subtracting(ipField).subtracting(userAgentField).meets(deviceFields) else { return }
        for (path, field) in [("device.ip", ipField), ("device.userAgent", userAgentField)] where !present.meets(field)
        {
            violations.append(FieldViolation(path: path, rule: "is required where any other device field is given"))
        }
    }

    /// The fields that a rule about several fields names in addition to its subject.
    public static let fieldsNamedByRules = ["user.phone.number", "device.ip"]

    /// Whether a request has an email or a phone number.
    public static func hasContact(_ present: RequestFieldSet) -> Bool { present.meets(contactFields) }

    /// What is noted of a request that may be sent: a user agent without an IP address (`DeviceInput`: an optional
    /// field of user insights, and useless for the others without `ip`).
    ///
    /// - Parameter present: the fields the request has.
    /// - Returns: the field and the note; nil where there is none.
    public static func note(present: RequestFieldSet) -> FieldViolation? {
        guard present.meets(userAgentField), !present.meets(ipField) else { return nil }
        return FieldViolation(
            path: "device.userAgent", rule: "is given without device.ip: no IP and device insights come of it")
    }

    private static let userFields = RequestFieldSet.fields(under: "user.")
    private static let accountFields = RequestFieldSet.fields(under: "user.account.")
    private static let ipField = RequestFieldSet.fields(under: "device.ip")
    private static let userAgentField = RequestFieldSet.fields(under: "device.userAgent")

    private static let contactFields: RequestFieldSet = {
        var set = RequestFieldSet.fields(under: "user.email")
        if let phone = RequestField.named("user.phone.number") { set.insert(phone.index) }
        return set
    }()

    private static let deviceFields: RequestFieldSet = {
        var set = RequestFieldSet.fields(under: "device.")
        set.insert(RequestFieldSet.unknownDeviceField)
        return set
    }()
}

/// One pass over a request: which known fields it has, which of their rules are broken, and what is noted of them.
public struct RequestInspection {
    /// The fields it has.
    public private(set) var present = RequestFieldSet()
    /// The rules broken by single fields and members, in the order of the document.
    public private(set) var violations: [FieldViolation] = []
    /// What the API will warn about in values that it accepts.
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

    /// Inspects the members of the object at `path`.
    private mutating func inspect(_ object: JSONNode) {
        let length = path.count
        object.forEachMember { name, value in
            if length > 0 { path.append(UInt8(ascii: ".")) }
            path.append(contentsOf: name)
            // A name with a dot is a single unknown name, not a path to a field.
            inspectMember(value, isPlainName: !name.contains(UInt8(ascii: ".")), isAtTop: length == 0)
            path.removeLast(path.count - length)
        }
    }

    private mutating func inspectMember(_ value: JSONNode, isPlainName: Bool, isAtTop: Bool) {
        if isPlainName, let field = RequestField.named(utf8: path) {
            present.insert(field.index)
            check(value, against: field)
        } else if isPlainName, Self.groups.contains(path) {
            inspectGroup(value)
        } else if isAtTop {
            violations.append(
                FieldViolation(path: shownName(path), rule: "is not known at the top of a request"))
        } else if path.starts(with: Self.deviceName) {
            present.insert(RequestFieldSet.unknownDeviceField)
        }
    }

    /// An object of another kind is there, so its fields are not reported as missing as well.
    private mutating func inspectGroup(_ value: JSONNode) {
        guard value.kind != .object else { return inspect(value) }
        report("must be an object")
        present = present.union(.fields(under: String(decoding: path, as: UTF8.self) + "."))
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

    /// A member's name is data too: one that does not look like a name, or repeats a value, is not shown.
    private func shownName(_ name: [UInt8]) -> String {
        let name = String(decoding: name, as: UTF8.self)
        return RequestField.named(name) != nil || RecordWords(of: root).mayShow(name) ? name : "a member"
    }
}
