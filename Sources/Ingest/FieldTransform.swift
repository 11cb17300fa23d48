/// A change made to a value on its way from the file to the request.
public enum FieldTransform: String, Sendable, Hashable, Codable, CaseIterable {
    /// Takes white space and invisible characters away at both ends.
    case trim
    /// Writes letters small, by Unicode's rules.
    case lowercase
    /// Writes letters large, by Unicode's rules.
    case uppercase
    /// Keeps the digits and nothing else, of a phone number also a leading `+` and an extension behind `x`.
    case digits
    /// Replaces the value by its SHA-256 in lower-case hexadecimal.
    case sha256
}
