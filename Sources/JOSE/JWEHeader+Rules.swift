import OpenSSL

extension JWEHeader {
    /// The only key management algorithm; RSA1_5, `dir`, `none` and all others are refused.
    static let keyAlgorithm = "RSA-OAEP-256"

    /// The cipher of the content; an error when the header asks for anything that is not accepted.
    func acceptedCipher() throws -> ContentCipher {
        guard alg == Self.keyAlgorithm else { throw JWEError.unsupported("its alg must be RSA-OAEP-256") }
        guard !hasCriticalExtensions else { throw JWEError.unsupported("its header must not have the member crit") }
        guard !isCompressed else { throw JWEError.unsupported("its header must not have the member zip") }
        switch enc {
        case "A128GCM": return .aes128GCM
        case "A192GCM": return .aes192GCM
        case "A256GCM": return .aes256GCM
        case "A128CBC-HS256": return .aes128CBCHMACSHA256
        default: throw JWEError.unsupported("its enc must be A256GCM, A192GCM, A128GCM or A128CBC-HS256")
        }
    }
}
