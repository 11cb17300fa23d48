import IdentityInsights
import JSON

/// A request whose envelope was opened: what the emulator knows of the record.
struct OpenedRequest: Sendable {
    let key: RequestKey
    let document: JSONDocument

    init(plaintext: [UInt8]) throws {
        document = try JSONDocument(parsing: plaintext)
        key = try RequestKey(of: document.root)
    }

    /// `user.account.hashedAccountId`.
    var account: String? { document.root["user"]?["account"]?["hashedAccountId"]?.string }

    /// `user.email`.
    var email: String? { document.root["user"]?["email"]?.string }

    /// The paths of the fields that break a rule, each once.
    var brokenFields: [String] {
        RequestRules.violations(in: document.root).reduce(into: []) { paths, violation in
            if !paths.contains(violation.path) { paths.append(violation.path) }
        }
    }
}
