extension RequestField {
    typealias CatalogueEntry = (path: String, kind: FieldKind, checks: [FieldCheck])

    /// openapi 0.2.2 `AccountOpeningData`, with `device.screenWidth` and `device.screenHeight` of the newer generation.
    /// Sorted as the canonical form is; a new field goes to its place and needs nothing else.
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

    /// What is noted and sent all the same: the API answers with a warning (openapi 0.2.2, `warnings`).
    static let notes: [String: [FieldCheck]] = [
        "user.phone.countryHint": [
            FieldCheck(
                rule: "is no country code of two letters: the API does not use it", holds: TextPattern.isCountry)
        ]
    ]

    /// What fields are beyond text; the others are text.
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
