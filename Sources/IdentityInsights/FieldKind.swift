/// The JSON type of a request field.
public enum FieldKind: Sendable {
    /// A JSON string.
    case string
    /// `true` or `false`.
    case boolean
    /// A number without fraction and exponent that fits Int64.
    case integer
    /// An array of JSON strings.
    case stringArray

    /// The rule a value of another type breaks.
    var rule: String {
        switch self {
        case .string: "must be a string"
        case .boolean: "must be true or false"
        case .integer: "must be a whole number"
        case .stringArray: "must be an array of strings"
        }
    }
}

/// What a field is to the record beyond its text: in these a value that is none, or was altered on its way, would be
/// billed for nobody or for somebody else.
public enum FieldRole: Sendable {
    /// Text like any other.
    case text
    /// The account: the same person always has the same one.
    case account
    /// The mail address.
    case email
    /// The phone number.
    case phone
    /// The id of something else.
    case identifier
}
