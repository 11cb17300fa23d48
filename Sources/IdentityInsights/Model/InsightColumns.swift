/// The columns of `results.csv` that hold insights: a fixed list, so that every file has the same columns.
package enum InsightColumns {
    /// The paths of the leaves below `insights`, in the order of openapi 0.2.2; those of the newer generation
    /// (`device.score.deviceRisk` and its details) follow the older ones.
    package static let all: [String] = described.map(\.name)

    /// The same with what each holds, by the descriptions of openapi 0.2.2.
    package static let described: [(name: String, about: String)] = user + ip + device

    /// Those whose values are names, codes, dates or ids by openapi 0.2.2, and stay text whatever they look like.
    package static let texts: Set<String> = [
        "user.details.email.domainCreationDate", "user.details.email.matchToName", "user.details.phone.lineType",
        "user.details.phone.carrier", "user.details.phone.countryCode", "user.details.phone.matchToName",
        "user.details.phone.matchToAddress", "user.details.address.validityLevel",
        "user.details.address.matchToName", "ip.details.geolocationCountryCode", "ip.details.geolocationSubdivision",
        "device.details.id.uDeviceId", "device.details.id.lastSeen", "device.details.id.firstSeen",
        "device.details.deviceInfo.browser", "device.details.deviceInfo.platform",
        "device.details.deviceInfo.deviceType",
    ]

    private static let user = [
        ("user.scores.identityRisk", "from 0 to 500, high: a riskier sign-up"),
        ("user.details.email.valid", "whether the email address is valid"),
        ("user.details.email.domainCreationDate", "when its domain was created, `YYYY-MM-DD`, mostly with a time"),
        ("user.details.email.firstSeenDays", "days since it was first seen; 0: never"),
        ("user.details.email.mailboxVelocity", "how often it was seen in 180 days, up to 1000"),
        ("user.details.email.isDisposable", "whether its domain gives out disposable addresses"),
        ("user.details.email.emailRiskScore", "from 0 to 1, high: a riskier person"),
        ("user.details.email.matchToName", "`match`, `no-match` or `not-found`"),
        ("user.details.phone.valid", "whether the phone number is valid"),
        ("user.details.phone.lineType", "`mobile`, `landline`, `fixed-voip` and others"),
        ("user.details.phone.carrier", "the company that provides the line"),
        ("user.details.phone.countryCode", "ISO 3166 alpha-2"),
        ("user.details.phone.lastSeenDays", "days since it was last seen; 0: never"),
        ("user.details.phone.emailFirstSeenDays", "days since phone and email were first seen together; 0: never"),
        ("user.details.phone.matchToName", "`match`, `no-match` or `not-found`"),
        ("user.details.phone.matchToAddress", "how far its place fits the address: `match`, `postal-match` and others"),
        ("user.details.address.validityLevel", "how far the address is valid: `valid`, `valid_to_city` and others"),
        ("user.details.address.matchToName", "`match`, `no-match` or `not-found`"),
    ]

    private static let ip = [
        ("ip.scores.ipRisk", "from 0 to 1, high: a riskier person"),
        ("ip.details.risk", "whether the IP address counts as risky"),
        ("ip.details.lastSeenDays", "days since it was last seen; 0: never"),
        ("ip.details.geolocationCountryCode", "where it is, ISO 3166 alpha-2"),
        ("ip.details.geolocationSubdivision", "where it is in that country"),
        ("ip.details.phoneDistance", "miles to the place of the phone number"),
        ("ip.details.addressDistance", "miles to the address"),
    ]

    private static let device = [
        ("device.scores.deviceRiskFactor", "from 1 to 5, high: a riskier request"),
        ("device.scores.deviceInsightFactor", "from 0 to 5, high: a riskier device"),
        ("device.scores.deviceTrustFactor", "from 1 to 5, high: a device that is trusted more"),
        ("device.score.deviceRisk", "the newer generation's score of the device's risk"),
        ("device.details.id.uDeviceId", "the API's id of the device"),
        ("device.details.id.lastSeen", "when it was last seen, ISO 8601 in UTC"),
        ("device.details.id.firstSeen", "when it was first seen"),
        ("device.details.id.lastSeenDays", "days since it was last seen; 0: never before"),
        ("device.details.id.firstSeenDays", "days since it was first seen; 0: never before"),
        ("device.details.deviceInfo.browser", "the browser's name"),
        ("device.details.deviceInfo.platform", "the device's platform"),
        ("device.details.deviceInfo.deviceType", "the device's kind"),
        ("device.details.deviceBrowserIpTzDifference", "of the newer generation, as its name says"),
        ("device.details.devicePhoneEmailFirstSeen", "of the newer generation, as its name says"),
        ("device.details.deviceIpEmailFirstSeen", "of the newer generation, as its name says"),
    ]
}
