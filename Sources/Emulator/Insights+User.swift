import JSON

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
