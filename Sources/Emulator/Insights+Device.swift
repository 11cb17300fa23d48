import JSON

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
