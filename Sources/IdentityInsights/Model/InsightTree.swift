import Foundation
package import JSON

/// The insights' columns as a tree of names, so that one walk over an answer finds all their leaves: comparing a few
/// names of equal length per member costs a tenth of hashing every leaf's path.
package struct InsightTree: Sendable {
    private struct Branch: Sendable {
        let name: [UInt8]
        var column: Int?
        /// The branches below, side by side.
        var children: Range<Int> = 0..<0

        func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
            guard name.count == other.count, let start = other.baseAddress else { return false }
            return name.withUnsafeBytes { $0.baseAddress.map { memcmp($0, start, other.count) == 0 } ?? false }
        }
    }

    private var branches: [Branch] = []
    private var roots: Range<Int> = 0..<0

    /// Makes the tree of some columns.
    ///
    /// - Parameter columns: paths below `insights`, names joined by dots.
    package init(columns: [String] = InsightColumns.all) {
        let paths = columns.enumerated().map {
            ($0.offset, $0.element.split(separator: ".").map { Array($0.utf8) }[...])
        }
        roots = grow(paths)
    }

    /// Adds the branches of the paths' first names, then those below each.
    private mutating func grow(_ paths: [(column: Int, path: ArraySlice<[UInt8]>)]) -> Range<Int> {
        var names: [[UInt8]] = []
        for name in paths.compactMap(\.path.first) where !names.contains(name) { names.append(name) }
        let place = branches.count..<(branches.count + names.count)
        branches += names.map { Branch(name: $0) }
        for (index, name) in zip(place, names) {
            let below = paths.filter { $0.path.first == name }.map { ($0.column, $0.path.dropFirst()) }
            branches[index].column = below.first { $0.1.isEmpty }?.0
            branches[index].children = grow(below)
        }
        return place
    }

    /// Calls `body` with each column that the insights fill, and its value.
    package func walk(_ insights: JSONNode, _ body: (_ column: Int, _ value: JSONNode) -> Void) {
        walk(insights, roots, body)
    }

    /// Whether the insights fill any column; stops at the first.
    func findsAny(in insights: JSONNode) -> Bool { findsAny(in: insights, roots) }

    private func findsAny(in node: JSONNode, _ place: Range<Int>) -> Bool {
        var found = false
        node.forEachMember { name, value in
            guard !found else { return }
            for index in place where branches[index].isNamed(name) {
                let below = branches[index].children
                found = branches[index].column != nil || (!below.isEmpty && findsAny(in: value, below))
                return
            }
        }
        return found
    }

    private func walk(_ node: JSONNode, _ place: Range<Int>, _ body: (Int, JSONNode) -> Void) {
        node.forEachMember { name, value in
            for index in place where branches[index].isNamed(name) {
                if let column = branches[index].column { body(column, value) }
                if !branches[index].children.isEmpty { walk(value, branches[index].children, body) }
                return
            }
        }
    }
}

extension InsightTree {
    /// The place of a column among the insights' columns.
    package static func column(of path: String) -> Int? { InsightColumns.all.firstIndex(of: path) }
}

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
