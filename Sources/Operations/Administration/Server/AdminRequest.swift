import Foundation

/// What is asked of the administration, as far as it decides the answer.
struct AdminRequest: Sendable {
    /// `GET`, `POST` and so on.
    var method: String
    /// The path without a query, as it came.
    var path: String
    /// What follows the path's `?`, as it came.
    var query = ""
    /// The header fields by their names in lower case; of several with one name the last.
    var fields: [String: String] = [:]
    /// Reads the body; nil where it is longer than so many bytes.
    var body: @Sendable (_ limit: Int) async throws -> [UInt8]? = { _ in [] }

    /// The value of `Authorization`; nil where there is none.
    var authorization: String? { fields["authorization"] }

    /// The parameters of the query, of several with one name the first; one that cannot be read is left out, as no page
    /// needs it.
    var parameters: [String: String] {
        (try? AdminForm(urlEncoded: query).fields.compactMapValues(\.first)) ?? [:]
    }

    /// A cookie's value (RFC 6265 §5.4); nil where there is none.
    func cookie(_ name: String) -> String? {
        for pair in fields["cookie"]?.split(separator: ";") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// Whether the request does not come from another site's page, as far as the browser says: `Origin` may be missing,
    /// as it is from commands (RFC 6454 §7.3).
    var isOfThisOrigin: Bool {
        guard let origin = fields["origin"] else { return true }
        guard let host = fields["host"], !host.isEmpty else { return false }
        return origin.lowercased() == "http://\(host.lowercased())"
            || origin.lowercased() == "https://\(host.lowercased())"
    }
}
