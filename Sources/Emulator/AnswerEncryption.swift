import OpenSSL

/// The content encryptions, besides the API's own, that a client must be able to read.
enum AnswerEncryption: String, Sendable, CaseIterable {
    case a128gcm
    case a192gcm
    /// The API's own, with the longer initialization vector it has also answered with.
    case iv16
    /// AES-CBC with HMAC-SHA-256, which Mastercard's own client libraries also read.
    case cbc

    /// The name of RFC 7518 §5.1.
    var enc: String {
        switch self {
        case .a128gcm: "A128GCM"
        case .a192gcm: "A192GCM"
        case .iv16: "A256GCM"
        case .cbc: "A128CBC-HS256"
        }
    }

    var cipher: ContentCipher {
        switch self {
        case .a128gcm: .aes128GCM
        case .a192gcm: .aes192GCM
        case .iv16: .aes256GCM
        case .cbc: .aes128CBCHMACSHA256
        }
    }

    /// The length of the initialization vector in bytes.
    var vectorLength: Int { self == .iv16 || self == .cbc ? 16 : 12 }

    /// How `--help` tells it.
    var meaning: String {
        self == .iv16 ? "200, A256GCM with an IV of 16 bytes" : "200, encrypted with \(enc)"
    }
}
