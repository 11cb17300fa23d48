/// The columns of `results.csv` that hold insights: a fixed list, so that every file has the same columns.
public enum InsightColumns {
    /// The paths of the leaves below `insights`, in the order of openapi 0.2.2, with those of the newer generation
    /// (`device.score.deviceRisk` and its details) behind their elders.
    public static let all: [String] = user + ip + device

    private static let user = [
        "user.scores.identityRisk",
        "user.details.email.valid",
        "user.details.email.domainCreationDate",
        "user.details.email.firstSeenDays",
        "user.details.email.mailboxVelocity",
        "user.details.email.isDisposable",
        "user.details.email.emailRiskScore",
        "user.details.email.matchToName",
        "user.details.phone.valid",
        "user.details.phone.lineType",
        "user.details.phone.carrier",
        "user.details.phone.countryCode",
        "user.details.phone.lastSeenDays",
        "user.details.phone.emailFirstSeenDays",
        "user.details.phone.matchToName",
        "user.details.phone.matchToAddress",
        "user.details.address.validityLevel",
        "user.details.address.matchToName",
    ]

    private static let ip = [
        "ip.scores.ipRisk",
        "ip.details.risk",
        "ip.details.lastSeenDays",
        "ip.details.geolocationCountryCode",
        "ip.details.geolocationSubdivision",
        "ip.details.phoneDistance",
        "ip.details.addressDistance",
    ]

    private static let device = [
        "device.scores.deviceRiskFactor",
        "device.scores.deviceInsightFactor",
        "device.scores.deviceTrustFactor",
        "device.score.deviceRisk",
        "device.details.id.uDeviceId",
        "device.details.id.lastSeen",
        "device.details.id.firstSeen",
        "device.details.id.lastSeenDays",
        "device.details.id.firstSeenDays",
        "device.details.deviceInfo.browser",
        "device.details.deviceInfo.platform",
        "device.details.deviceInfo.deviceType",
        "device.details.deviceBrowserIpTzDifference",
        "device.details.devicePhoneEmailFirstSeen",
        "device.details.deviceIpEmailFirstSeen",
    ]
}
