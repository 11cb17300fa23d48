/// A made-up answer of the size and shape of a usual one, about 1.5 KB.
enum CannedAnswer {
    /// An identifier of an answer, another for each number from 0 to 2⁴⁰: an answer that comes again is none.
    static func identifier(_ number: Int) -> String {
        // A digit before the number's keeps them twelve in all.
        "3f2c9a1e-7b54-4d0a-9c1d-" + String(1 << 44 | number, radix: 16)
    }

    static let bytes = Array(text.utf8)

    private static let text = """
        {"requestRefId":"3f2c9a1e-7b54-4d0a-9c1d-5e8f6a7b0c21","insights":{\
        "user":{"scores":{"identityRisk":87},"details":{\
        "email":{"valid":true,"domainCreationDate":"1997-03-11T00:00:00.000Z","firstSeenDays":1834,\
        "mailboxVelocity":3,"isDisposable":false,"emailRiskScore":0.1273,"matchToName":"match"},\
        "phone":{"valid":true,"lineType":"mobile","carrier":"Northern Mobile","countryCode":"US","lastSeenDays":12,\
        "emailFirstSeenDays":921,"matchToName":"match","matchToAddress":"postal-match"},\
        "address":{"validityLevel":"valid_to_house_number","matchToName":"not-found"}}},\
        "account":{"scores":{"accountRisk":0.2214},"details":{"accountLastSeenDays":31,"accountVelocity":2,\
        "signupToFirstSeenDays":4,"emailLinkedAccounts":1,"phoneLinkedAccounts":1,"addressLinkedAccounts":3,\
        "ipLinkedAccounts":12}},\
        "ip":{"scores":{"ipRisk":0.0931},"details":{"lastSeenDays":2,"riskLevel":"low","geolocation":{\
        "countryCode":"US","subdivision":"Texas","city":"Houston","postalCode":"77002","latitude":29.7604,\
        "longitude":-95.3698},"connectionType":"broadband","isProxy":false,"isVpn":false,"isTor":false,\
        "distanceFromAddress":21.7,"distanceFromPhone":48.2,"matchToAddress":"city-state-match"}},\
        "device":{"scores":{"deviceRiskFactor":0.3315},"details":{"deviceType":"mobile","operatingSystem":"Android",\
        "browser":"Chrome","language":"en-US","timeZone":"America/Chicago","screenResolution":"1080x2400",\
        "matchToIp":"match","firstSeenDays":204,"lastSeenDays":1,"linkedAccounts":1}}},\
        "warnings":[],"alerts":[]}
        """
}
