import COpenSSL

/// The ciphers a JWE's content may be under (RFC 7518 §5.1). Each takes a key that is used for one message.
public enum ContentCipher: Sendable, CaseIterable {
    /// AES-GCM with a 128-bit key.
    case aes128GCM
    /// AES-GCM with a 192-bit key.
    case aes192GCM
    /// AES-GCM with a 256-bit key.
    case aes256GCM
    /// AES-CBC with a 128-bit key, authenticated by HMAC-SHA-256 (RFC 7518 §5.2.3).
    case aes128CBCHMACSHA256

    /// The length of every tag, in bytes.
    public static let tagByteCount = 16

    /// The length of a key, in bytes.
    public var keyByteCount: Int {
        switch self {
        case .aes128GCM: 16
        case .aes192GCM: 24
        case .aes256GCM, .aes128CBCHMACSHA256: 32
        }
    }

    /// Whether a nonce has a length this cipher is taken with: 12 or 16 bytes for GCM, 16 for CBC.
    ///
    /// - Parameter count: The nonce's length in bytes.
    /// - Returns: True for a length that is taken.
    public func takesNonce(ofByteCount count: Int) -> Bool {
        self == .aes128CBCHMACSHA256 ? count == 16 : count == 12 || count == 16
    }

    /// How long a message is once encrypted, without its tag: CBC pads to whole blocks, with one byte at least.
    ///
    /// - Parameter plaintextByteCount: The message's length in bytes.
    /// - Returns: The ciphertext's length in bytes.
    public func ciphertextByteCount(of plaintextByteCount: Int) -> Int {
        self == .aes128CBCHMACSHA256 ? (plaintextByteCount / 16 + 1) * 16 : plaintextByteCount
    }

    var algorithm: FetchedCipher {
        get throws {
            switch self {
            case .aes128GCM: try FetchedCipher.aes128GCM.get()
            case .aes192GCM: try FetchedCipher.aes192GCM.get()
            case .aes256GCM: try FetchedCipher.aes256GCM.get()
            case .aes128CBCHMACSHA256: try FetchedCipher.aes128CBC.get()
            }
        }
    }
}
