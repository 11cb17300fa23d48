/// Why a token was refused.
///
/// What is wrong with a token's outside is told, for it is there for all to see. Whatever depends on a key is one error,
/// ``undecryptable``, in text and time (RFC 7516 §11.5).
public enum JWEError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The token breaks a rule of its format; the rule, as part of a sentence.
    case malformed(String)
    /// The token or key asks for something that is refused here; the rule, as part of a sentence.
    case unsupported(String)
    /// The token does not open with this key: it was changed, or encrypted to another key.
    case undecryptable

    /// One sentence, without anything of the token's content.
    public var description: String {
        switch self {
        case .malformed(let rule): "The token is not a JWE in compact form: \(rule)"
        case .unsupported(let rule): "The token asks for what is not accepted: \(rule)"
        case .undecryptable: "The token does not open with this key: it was changed, or encrypted to another key"
        }
    }
}
