/// How the insights of a 200 are wrapped.
enum AnswerSeal: Sendable, Equatable {
    /// As the API does it: RSA-OAEP-256 and A256GCM to the client's key.
    case ordinary
    /// Encrypted to a key the client does not have.
    case wrongKey
    /// The authentication tag changed.
    case badTag
    /// Not encrypted at all.
    case plain
    /// The content encryptions other Mastercard services answer with.
    case content(AnswerEncryption)
}
