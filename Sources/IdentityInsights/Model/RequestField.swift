/// One field of the request as the API documents it: its path, its type, and the rules for its value.
public struct RequestField: Sendable {
    /// The path as the API writes it: `user.email`.
    public let path: String
    /// The JSON type of the value.
    public let kind: FieldKind
    /// The field's place in `all`, and its member in a `RequestFieldSet`.
    public let index: Int
    /// What the field means for the record.
    public let role: FieldRole
    /// The rules for its values.
    public let rules: FieldRules
    /// What the API warns about in values that it accepts.
    public let remarks: FieldRules

    /// Checks a value's text against the field's rules.
    ///
    /// - Parameter value: UTF-8 text: a string's characters unescaped, an integer's digits, `true` or `false`, or one
    ///   element of an array of strings.
    /// - Returns: the rule broken, as the end of a sentence about the field: `must be 3 to 254 characters`; nil if none.
    public func violation(in value: UnsafeRawBufferPointer) -> String? {
        rules.broken(by: value)
    }

    /// What the API will warn about in a value that it accepts; nil for no warning.
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

    /// Every field of openapi 0.2.2 and the newer ones, in the order of the canonical form: object by object, names
    /// sorted by their bytes. Fields written in this order are already canonical.
    public static let all: [RequestField] = catalogue.enumerated().map { index, entry in
        RequestField(
            path: entry.path, kind: entry.kind, index: index, role: roles[entry.path] ?? .text,
            rules: FieldRules(checks: entry.checks), remarks: FieldRules(checks: notes[entry.path] ?? []))
    }

    private static let indices: [[UInt8]: Int] = Dictionary(
        uniqueKeysWithValues: all.map { (Array($0.path.utf8), $0.index) })
}

extension RequestField {
    typealias CatalogueEntry = (path: String, kind: FieldKind, checks: [FieldCheck])

    /// openapi 0.2.2 `AccountOpeningData`, with `device.screenWidth` and `device.screenHeight` of the newer generation.
    /// Sorted as in the canonical form; to add a field, insert it in its place: nothing else is needed.
    static let catalogue: [CatalogueEntry] = device + root + user

    private static let device: [CatalogueEntry] = [
        ("device.androidBuildVersion", .string, []),
        ("device.androidId", .string, []),
        ("device.androidSdkInt", .string, []),
        ("device.buildBrand", .string, []),
        ("device.buildFingerprint", .string, []),
        ("device.buildManufacturer", .string, []),
        ("device.buildProduct", .string, []),
        ("device.canvas", .string, [.characters(0...999)]),
        ("device.colorDepth", .integer, [.wholeNumber(0...999)]),
        ("device.cookiesEnabled", .boolean, [.trueOrFalse]),
        ("device.ip", .string, [.ipAddress]),
        ("device.language", .string, [.language]),
        ("device.localStorage", .boolean, [.trueOrFalse]),
        ("device.majorOsVersion", .integer, [.wholeNumber(.min ... .max)]),
        ("device.minorOsVersion", .integer, [.wholeNumber(.min ... .max)]),
        ("device.model", .string, []),
        ("device.plugins", .stringArray, []),
        ("device.primaryStorage", .integer, [.wholeNumber(.min ... .max)]),
        ("device.screenHeight", .integer, [.wholeNumber(0 ... .max)]),
        ("device.screenResolution", .string, [.screenResolution]),
        ("device.screenWidth", .integer, [.wholeNumber(0 ... .max)]),
        ("device.sdkUserAgent", .string, []),
        ("device.simCountryIso", .string, []),
        ("device.simOperator", .string, []),
        ("device.storedDeviceId", .string, []),
        ("device.supportedFeatures", .stringArray, []),
        ("device.systemMemory", .integer, [.wholeNumber(.min ... .max)]),
        ("device.timeZone", .string, [.timeZone]),
        ("device.userAgent", .string, [.userAgent]),
        ("device.vendorAppId", .string, []),
        ("device.webGl", .string, [.characters(0...999)]),
    ]

    /// Noted, but sent nevertheless: the API answers with a warning (openapi 0.2.2, `warnings`).
    static let notes: [String: [FieldCheck]] = [
        "user.phone.countryHint": [
            FieldCheck(
                rule: "is no country code of two letters: the API does not use it", holds: TextPattern.isCountry)
        ]
    ]

    /// The fields with a special role; all others are plain text.
    static let roles: [String: FieldRole] = [
        "user.account.hashedAccountId": .account, "user.email": .email, "user.phone.number": .phone,
        "endCustomerRefId": .identifier, "device.androidId": .identifier, "device.storedDeviceId": .identifier,
        "device.vendorAppId": .identifier,
    ]

    private static let root: [CatalogueEntry] = [
        ("endCustomerRefId", .string, [.characters(1...40)]),
        ("placement", .string, []),
    ]

    private static let user: [CatalogueEntry] = [
        ("user.account.hashedAccountId", .string, [.notEmpty]),
        ("user.account.signupTime", .string, [.signupTime]),
        ("user.address.city", .string, [.characters(0...500)]),
        ("user.address.country", .string, [.country]),
        ("user.address.postalCode", .string, [.characters(0...100)]),
        ("user.address.state", .string, [.characters(1...3)]),
        ("user.address.streetLine1", .string, [.characters(0...1000)]),
        ("user.address.streetLine2", .string, [.characters(0...1000)]),
        ("user.email", .string, [.characters(3...254)]),
        ("user.name", .string, []),
        ("user.phone.countryHint", .string, []),
        ("user.phone.number", .string, [.phoneNumber]),
    ]
}

/// The set of fields a request has: one bit for each place in `RequestField.all`.
public struct RequestFieldSet: Sendable, Equatable {
    private var bits: UInt64 = 0

    /// Represents any field below `device.` that the API's document does not name; it passes through, and it is one of
    /// the fields that make `device.ip` and `device.userAgent` required.
    public static let unknownDeviceField = 63

    /// Makes an empty set.
    public init() {}

    /// Adds the field at a place in `RequestField.all`, or `unknownDeviceField`.
    public mutating func insert(_ index: Int) {
        bits |= 1 << UInt64(index)
    }

    /// Whether the field at a place in `RequestField.all`, or `unknownDeviceField`, is in the set.
    public func contains(_ index: Int) -> Bool {
        bits & (1 << UInt64(index)) != 0
    }

    /// Whether the set has no field.
    public var isEmpty: Bool { bits == 0 }

    /// The fields of both sets.
    public func union(_ other: RequestFieldSet) -> RequestFieldSet {
        var result = self
        result.bits |= other.bits
        return result
    }

    /// Whether the two sets share a field.
    func meets(_ other: RequestFieldSet) -> Bool {
        bits & other.bits != 0
    }

    /// The set without the fields of another.
    func subtracting(_ other: RequestFieldSet) -> RequestFieldSet {
        var result = self
        result.bits &= ~other.bits
        return result
    }

    /// The fields whose path starts with this prefix.
    static func fields(under prefix: String) -> RequestFieldSet {
        var set = RequestFieldSet()
        for field in RequestField.all where field.path.hasPrefix(prefix) { set.insert(field.index) }
        return set
    }
}
