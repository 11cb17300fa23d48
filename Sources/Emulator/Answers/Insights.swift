import JSON

/// Writes the insights of a record: plausible, in the API's model, and always the same for the same record.
struct Insights {
    private(set) var writer = JSONWriter()
    var chance: RecordRandom
    let request: JSONNode
    let newer: Bool

    /// - Parameters:
    ///   - request: the opened request.
    ///   - generation: which generation of the API answers.
    init(for request: OpenedRequest, generation: InsightsGeneration) {
        chance = RecordRandom(request.key)
        self.request = request.document.root
        let device = request.document.root["device"]
        switch generation {
        case .classic: newer = false
        case .newer: newer = true
        case .asRequested: newer = device?["screenWidth"] != nil || device?["screenHeight"] != nil
        }
    }

    /// The answer's plaintext with this `requestRefId`.
    consuming func answer(requestRefID: String) -> [UInt8] {
        let alerts = alerts
        object {
            $0.text("requestRefId", requestRefID)
            $0.object("insights") { insights in
                insights.writeUser()
                if insights.hasIP { insights.writeIP() }
                if insights.hasDevice { insights.writeDevice() }
            }
            $0.list("warnings", $0.drawWarnings())
            $0.list("alerts", alerts)
        }
        return writer.bytes
    }

    /// Whether the request has what IP insights need.
    var hasIP: Bool { request["device"]?["ip"] != nil }
    /// Whether the request has what device insights need.
    var hasDevice: Bool { hasIP && request["device"]?["userAgent"] != nil }

    private var alerts: [String] {
        var alerts = [String]()
        if !hasIP { alerts.append("Unable to generate IP insights") }
        if !hasDevice { alerts.append("Unable to generate device insights") }
        return alerts
    }

    private mutating func drawWarnings() -> [String] {
        var warnings = [String]()
        if request["user"]?["address"] != nil, chance.oneIn(12) {
            warnings.append("Address: Input postal code was corrected")
        }
        if request["user"]?["email"] != nil, chance.oneIn(40) { warnings.append("Email: Invalid domain syntax") }
        if let ip = request["device"]?["ip"]?.string, ip.hasPrefix("10.") || ip.hasPrefix("192.168.") {
            warnings.append("Ip: IP address is in private range")
        }
        // openapi 0.2.2, `warnings`: the API takes any hint and says so.
        if let hint = request["user"]?["phone"]?["countryHint"]?.string, !hint.isAlpha2 {
            warnings.append("Phone: Invalid country_hint value. Only Alpha-2 supported")
        }
        return warnings
    }
}

extension Insights {
    mutating func object(_ key: String? = nil, _ body: (inout Insights) -> Void) {
        if let key { writer.key(key) }
        writer.beginObject()
        body(&self)
        writer.endObject()
    }

    mutating func text(_ key: String, _ value: String) {
        writer.key(key)
        writer.string(value)
    }

    mutating func number(_ key: String, _ value: Int64) {
        writer.key(key)
        writer.integer(value)
    }

    /// A number from 0 to 1 with three decimals, mostly small.
    mutating func risk(_ key: String) {
        let draw = chance.fraction()
        writer.key(key)
        writer.double((draw * draw * 1000).rounded() / 1000)
    }

    mutating func flag(_ key: String, _ value: Bool) {
        writer.key(key)
        writer.boolean(value)
    }

    /// A list of texts, left out if it is empty.
    mutating func list(_ key: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        writer.key(key)
        writer.beginArray()
        for value in values { writer.string(value) }
        writer.endArray()
    }
}

extension String {
    /// Whether the text is two letters of ASCII, as a country's code is (ISO 3166 alpha-2).
    fileprivate var isAlpha2: Bool { utf8.count == 2 && allSatisfy { $0.isASCII && $0.isLetter } }
}

extension Insights {
    /// `insights.ip`.
    mutating func writeIP() {
        let country = request["user"]?["address"]?["country"]?.string ?? "US"
        object("ip") {
            $0.object("scores") { $0.risk("ipRisk") }
            $0.object("details") {
                $0.flag("risk", $0.chance.oneIn(20))
                $0.number("lastSeenDays", $0.chance.integer(0...365))
                $0.text("geolocationCountryCode", country)
                $0.text("geolocationSubdivision", $0.chance.one(of: ["Oregon", "Texas", "Bavaria", "Ontario"]))
                $0.number("phoneDistance", $0.chance.integer(0...1200))
                $0.number("addressDistance", $0.chance.integer(0...1200))
            }
        }
    }

    /// `insights.device`, in the generation that was chosen.
    mutating func writeDevice() {
        object("device") { $0.newer ? $0.writeNewerDevice() : $0.writeClassicDevice() }
    }

    private mutating func writeClassicDevice() {
        object("scores") {
            $0.number("deviceRiskFactor", $0.chance.integer(1...5))
            $0.number("deviceInsightFactor", $0.chance.integer(0...5))
            $0.number("deviceTrustFactor", $0.chance.integer(1...5))
        }
        object("details") {
            $0.writeDeviceID()
            $0.object("deviceInfo") {
                $0.text("browser", $0.chance.one(of: ["Safari", "Chrome", "Firefox", "Edge"]))
                $0.text("platform", $0.chance.one(of: ["iOS", "Android", "Windows", "macOS", "Linux"]))
                $0.text("deviceType", $0.chance.one(of: ["iPhone", "Android phone", "Computer", "Tablet"]))
            }
        }
    }

    private mutating func writeDeviceID() {
        object("id") {
            $0.text("uDeviceId", "UDID-" + $0.chance.hexadecimal(32))
            $0.text("lastSeen", $0.date(yearsFrom: 2024, to: 2025))
            $0.text("firstSeen", $0.date(yearsFrom: 2019, to: 2023))
            $0.number("lastSeenDays", $0.chance.integer(0...300))
            $0.number("firstSeenDays", $0.chance.integer(300...2000))
        }
    }

    /// The leaves of the newer generation, as the API's parameter page names them.
    private mutating func writeNewerDevice() {
        object("score") { $0.risk("deviceRisk") }
        object("details") {
            $0.number("deviceBrowserIpTzDifference", $0.chance.integer(0...12))
            $0.number("devicePhoneEmailFirstSeen", $0.chance.integer(0...900))
            $0.number("deviceIpEmailFirstSeen", $0.chance.integer(0...900))
        }
    }
}

extension Insights {
    /// `insights.user`.
    mutating func writeUser() {
        let user = request["user"]
        let hasEmail = user?["email"] != nil
        let hasPhone = user?["phone"]?["number"] != nil
        let hasAddress = user?["address"] != nil
        let country = user?["address"]?["country"]?.string ?? "US"
        object("user") {
            $0.object("scores") {
                let draw = $0.chance.fraction()
                $0.number("identityRisk", Int64((draw * draw * 500).rounded()))
            }
            $0.object("details") {
                $0.writeEmail(given: hasEmail)
                $0.writePhone(given: hasPhone, country: country)
                $0.writeAddress(given: hasAddress)
            }
        }
    }

    private mutating func writeEmail(given: Bool) {
        object("email") {
            $0.flag("valid", given && !$0.chance.oneIn(30))
            $0.text("domainCreationDate", $0.date(yearsFrom: 1995, to: 2022))
            $0.number("firstSeenDays", given ? $0.chance.integer(0...3000) : 0)
            $0.number("mailboxVelocity", $0.chance.integer(0...12))
            $0.flag("isDisposable", $0.chance.oneIn(50))
            $0.risk("emailRiskScore")
            $0.writeMatchToName(given: given)
        }
    }

    private mutating func writePhone(given: Bool, country: String) {
        object("phone") {
            $0.flag("valid", given && !$0.chance.oneIn(25))
            $0.text("lineType", $0.chance.one(of: ["mobile", "mobile", "landline", "fixed-voip", "non-fixed-voip"]))
            $0.text("carrier", $0.chance.one(of: ["Telco", "Northern Mobile", "Blue Line", "Relay Wireless"]))
            $0.text("countryCode", country)
            $0.number("lastSeenDays", given ? $0.chance.integer(0...400) : 0)
            $0.number("emailFirstSeenDays", given ? $0.chance.integer(0...2500) : 0)
            $0.writeMatchToName(given: given)
            $0.text(
                "matchToAddress",
                $0.chance.one(of: ["match", "postal-match", "city-state-match", "country-match", "no-match"]))
        }
    }

    private mutating func writeAddress(given: Bool) {
        object("address") {
            let levels = ["valid", "valid", "valid_to_house_number", "valid_to_street", "valid_to_city", "invalid"]
            $0.text("validityLevel", given ? $0.chance.one(of: levels) : "missing_address")
            $0.writeMatchToName(given: given)
        }
    }

    private mutating func writeMatchToName(given: Bool) {
        text("matchToName", given ? chance.one(of: ["match", "match", "no-match", "not-found"]) : "not-found")
    }

    /// A day of those years at midnight UTC, as the API writes dates.
    mutating func date(yearsFrom first: Int64, to last: Int64) -> String {
        let year = chance.integer(first...last)
        let month = chance.integer(1...12)
        let day = chance.integer(1...28)
        return "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)T00:00:00.000Z"
    }
}

/// Chance that depends on the record only, so that the same record always gets the same insights and faults.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct RecordRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// The insights' chance: the record alone.
    init(_ key: RequestKey) {
        state = key.words[0] ^ key.words[3]
    }

    /// The faults' chance: seed, record and attempt.
    init(seed: UInt64, key: RequestKey, attempt: Int) {
        var mixed = RecordRandom(seed: seed ^ key.words[1])
        state = mixed.next() ^ (UInt64(truncatingIfNeeded: attempt) &* 0xD6E8_FEB8_6659_FD93)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A fraction from 0 up to, not including, 1.
    mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A whole number of the range.
    mutating func integer(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// One of the choices; empty if there are none.
    mutating func one(of choices: [String]) -> String {
        choices.isEmpty ? "" : choices[Int(next() % UInt64(choices.count))]
    }

    /// So many hexadecimal digits.
    mutating func hexadecimal(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(next() & 15, radix: 16)) })
    }

    /// True in about one of `count` cases.
    mutating func oneIn(_ count: UInt64) -> Bool {
        next() % count == 0
    }
}
