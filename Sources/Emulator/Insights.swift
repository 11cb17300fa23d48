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

    /// A list of texts, left out where it is empty.
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
