import JSON

/// One error of the API's error body. `description` and `details` are the API's own words and may echo a value:
/// they are stored sealed and never logged; `fieldNames` is what may be shown.
public struct APIError: Sendable {
    /// Where the error occurred: `IIA`, a gateway's name.
    public let source: String?
    /// The error's code: `VALIDATION_ERROR`.
    public let reasonCode: String?
    /// The API's description of the code.
    public let description: String?
    /// Whether sending the request again could help; nil where the API does not say.
    public let recoverable: Bool?
    /// More details, for a validation error the paths of the fields.
    public let details: String?

    /// Reads one error; nil if the value has none of an error's members.
    init?(_ node: JSONNode) {
        source = node["Source"]?.string
        reasonCode = node["ReasonCode"]?.string
        description = node["Description"]?.string
        recoverable = Self.truth(of: node)
        details = node["Details"]?.string
        guard source != nil || reasonCode != nil || description != nil || recoverable != nil || details != nil else {
            return nil
        }
    }

    /// `Recoverable`, whatever its case and whether it is a boolean, a word or a number.
    private static func truth(of error: JSONNode) -> Bool? {
        let member = error["Recoverable"] ?? error.members.first { $0.key.lowercased() == "recoverable" }?.value
        guard let member else { return nil }
        switch member.string?.lowercased() {
        case "true": return true
        case "false": return false
        default: return member.boolean ?? member.double.map { $0 != 0 }
        }
    }
}
