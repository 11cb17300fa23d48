public import JSON

/// The rules of a whole request (openapi 0.2.2, `AccountOpeningData`, `UserInput`, `DeviceInput`).
public enum RequestRules {
    /// The rules that concern several fields at once, for a request known only by which fields it has.
    ///
    /// `user` is required with `account` and at least one of `email` and `phone.number`; `device.ip` and
    /// `device.userAgent` are required with any device field beside those two.
    ///
    /// - Parameter present: the fields the request has.
    /// - Returns: the rules broken, none if the request is complete. Costs a few nanoseconds where none is.
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

    /// The fields that the rules of several fields name besides the one they are about.
    public static let fieldsNamedByRules = ["user.phone.number", "device.ip"]

    /// Whether a request has an email or a phone number.
    public static func hasContact(_ present: RequestFieldSet) -> Bool { present.meets(contactFields) }

    /// What is noted of a request that may be sent: a user agent without an IP address (`DeviceInput`: an optional field
    /// of user insights, and of no use for the others without `ip`).
    ///
    /// - Parameter present: the fields the request has.
    /// - Returns: the field and what is to be said of it; nil where nothing.
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
