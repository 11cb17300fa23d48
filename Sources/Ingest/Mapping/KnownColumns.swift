import Basics
import IdentityInsights

/// The column names that are understood without a mapping.
enum KnownColumns {
    /// The column of the record's own id; it is not sent.
    static let recordID = "id"
    /// The column of an account's id in clear: hashed before it is sent, and the record's id where there is no other.
    static let accountID = "account_id"

    private static let plain = [
        "hashed_account_id": "user.account.hashedAccountId",
        "signup_time": "user.account.signupTime",
        "name": "user.name",
        "email": "user.email",
        "phone_number": "user.phone.number",
        "phone_country": "user.phone.countryHint",
        "street_line1": "user.address.streetLine1",
        "street_line2": "user.address.streetLine2",
        "city": "user.address.city",
        "state": "user.address.state",
        "postal_code": "user.address.postalCode",
        "country": "user.address.country",
        "ip": "device.ip",
        "user_agent": "device.userAgent",
        "time_zone": "device.timeZone",
        "language": "device.language",
        "screen_resolution": "device.screenResolution",
    ]

    /// Every name, sorted; the API's own paths are understood besides.
    static let names = ([recordID, accountID] + plain.keys).sorted()

    /// How a column of this name fills a field, nil where the name is not known.
    static func rule(for name: String) -> FieldRule? {
        if name == accountID {
            return FieldRule(path: "user.account.hashedAccountId", source: .column(name), transforms: [.sha256])
        }
        return plain[name].map { FieldRule(path: $0, source: .column(name)) }
    }

    /// How a column of this name, or of an API path, fills a field; nil for `id` and for names not known.
    static func ruleOrPath(for name: String) -> FieldRule? {
        if let rule = rule(for: name) { return rule }
        guard name != recordID, FieldPath.fault(in: name) == nil, !FieldPath.isMisspelt(name) else { return nil }
        return FieldRule(path: name, source: .column(name))
    }

    /// Whether a column of this name is understood.
    static func isKnown(_ name: String) -> Bool {
        name == recordID || ruleOrPath(for: name) != nil
    }

    /// The rules of all known names and of every documented path.
    static let allRules: [FieldRule] = {
        let paths = RequestField.all.map { FieldRule(path: $0.path, source: .column($0.path)) }
        return names.compactMap(rule) + paths
    }()
}

/// Finds what a misspelt name was probably meant to be.
enum NearestName {
    /// The name that takes the fewest changes of one character to make from `name`, nil where every one takes more
    /// than a third of its length. Case, `_`, `-`, `.` and spaces do not count.
    static func of(_ name: String, among names: some Sequence<String>) -> String? {
        guard let nearest = EditDistance.nearest(to: name, among: names, comparing: plain) else { return nil }
        return nearest.distance <= max(plain(name).count, 3) / 3 ? nearest.word : nil
    }

    /// The name as it is compared.
    static func plain(_ name: String) -> [Character] {
        name.lowercased().filter { !"_-. ".contains($0) }.map { $0 }
    }
}
