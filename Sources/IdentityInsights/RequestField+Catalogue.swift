extension RequestField {
    typealias CatalogueEntry = (path: String, kind: FieldKind, checks: [FieldCheck])

    /// openapi 0.2.2 `AccountOpeningData`, with `device.screenWidth` and `device.screenHeight` of the newer generation.
    /// Sorted as the canonical form is; a new field goes to its place and needs nothing else.
    static let catalogue: [CatalogueEntry] = device + root + user

    private static let device: [CatalogueEntry] = [
        ("device.androidBuildVersion", .string, []),
        ("device.androidId", .string, [.notMangled]),
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
        ("device.storedDeviceId", .string, [.notMangled]),
        ("device.supportedFeatures", .stringArray, []),
        ("device.systemMemory", .integer, [.wholeNumber(.min ... .max)]),
        ("device.timeZone", .string, [.timeZone]),
        ("device.userAgent", .string, [.userAgent]),
        ("device.vendorAppId", .string, [.notMangled]),
        ("device.webGl", .string, [.characters(0...999)]),
    ]

    private static let root: [CatalogueEntry] = [
        ("endCustomerRefId", .string, [.characters(1...40), .notMangled]),
        ("placement", .string, []),
    ]

    private static let user: [CatalogueEntry] = [
        ("user.account.hashedAccountId", .string, [.notEmpty, .notMangled]),
        ("user.account.signupTime", .string, [.signupTime]),
        ("user.address.city", .string, [.characters(0...500)]),
        ("user.address.country", .string, [.country]),
        ("user.address.postalCode", .string, [.characters(0...100)]),
        ("user.address.state", .string, [.characters(1...3)]),
        ("user.address.streetLine1", .string, [.characters(0...1000)]),
        ("user.address.streetLine2", .string, [.characters(0...1000)]),
        ("user.email", .string, [.characters(3...254)]),
        ("user.name", .string, []),
        ("user.phone.countryHint", .string, [.country]),
        ("user.phone.number", .string, [.notMangled, .phoneNumber]),
    ]
}
