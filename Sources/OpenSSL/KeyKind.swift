import COpenSSL

/// What a key can be used for.
public enum KeyKind: Sendable, Hashable, CustomStringConvertible {
    /// RSA, for encryption and signatures.
    case rsa
    /// RSA limited to PSS signatures.
    case rsaPSS
    /// A key on an elliptic curve; it signs and does not encrypt.
    case ellipticCurve
    /// Any other kind, by OpenSSL's name.
    case other(String)

    init(of key: OpaquePointer) {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: self = .rsa
        case EVP_PKEY_RSA_PSS: self = .rsaPSS
        case EVP_PKEY_EC: self = .ellipticCurve
        default: self = .other(EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown")
        }
    }

    /// The name in common use.
    public var description: String {
        switch self {
        case .rsa: "RSA"
        case .rsaPSS: "RSA-PSS"
        case .ellipticCurve: "EC"
        case .other(let name): name
        }
    }
}
