import JOSE
import JSON
import OpenSSL
import Synchronization

/// Wraps insights for the client: `{"encryptedData":"<JWE>"}`, correctly or wrongly as requested.
final class AnswerSealer: Sendable {
    private let keys: [(key: PublicKey, encrypter: JWEEncrypter)]
    private let wrongKey: JWEEncrypter
    private let answers = Atomic<Int>(0)

    /// - Parameters:
    ///   - keys: the client's public keys, to which answers are encrypted in turn; at least one.
    ///   - stranger: a key whose private half the client does not have.
    /// - Throws: an error of JOSE if a key cannot be encrypted to.
    init(keys: [PublicKey], stranger: PublicKey) throws {
        guard let first = keys.first else { throw EmulatorError.noKeys }
        self.keys = try keys.map { ($0, try JWEEncrypter(publicKey: $0, keyID: $0.fingerprint)) }
        wrongKey = try JWEEncrypter(publicKey: stranger, keyID: first.fingerprint)
    }

    /// The body of an answer with these insights.
    func body(_ insights: [UInt8], sealed seal: AnswerSeal) throws -> [UInt8] {
        let (key, ordinary) = keys[answers.add(1, ordering: .relaxed).oldValue % keys.count]
        return switch seal {
        case .ordinary: JWEEnvelope.wrapping(try ordinary.encrypt(insights))
        case .wrongKey: JWEEnvelope.wrapping(try wrongKey.encrypt(insights))
        case .badTag: JWEEnvelope.wrapping(Self.changingTag(of: try ordinary.encrypt(insights)))
        case .plain: insights
        case .content(let encryption): JWEEnvelope.wrapping(try encryption.encrypt(insights, to: key))
        }
    }

    /// The token with the first character of its last segment exchanged: still canonical base64url.
    private static func changingTag(of token: [UInt8]) -> [UInt8] {
        var token = token
        guard let dot = token.lastIndex(of: UInt8(ascii: ".")), dot + 1 < token.count else { return token }
        token[dot + 1] = token[dot + 1] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return token
    }
}

/// How the insights of a 200 are wrapped.
enum AnswerSeal: Sendable, Equatable {
    /// As the API does it: RSA-OAEP-256 and A256GCM to the client's key.
    case ordinary
    /// Encrypted to a key the client does not have.
    case wrongKey
    /// With a changed authentication tag.
    case badTag
    /// Not encrypted at all.
    case plain
    /// The content encryptions other Mastercard services answer with.
    case content(AnswerEncryption)
}

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

    /// The description in `--help`.
    var meaning: String {
        self == .iv16 ? "200, A256GCM with an IV of 16 bytes" : "200, encrypted with \(enc)"
    }
}

extension AnswerEncryption {
    /// The plaintext as a JWE in compact serialisation (RFC 7516 §3.1), with RSA-OAEP-256 to the key.
    func encrypt(_ plaintext: [UInt8], to key: PublicKey) throws -> [UInt8] {
        let header = Base64URL.encode(protectedHeader(keyID: key.fingerprint))
        let contentKey = try SecureRandom.bytes(cipher.keyByteCount)
        let vector = try SecureRandom.bytes(vectorLength)
        let count = cipher.ciphertextByteCount(of: plaintext.count) + ContentCipher.tagByteCount
        var sealed = [UInt8](repeating: 0, count: count)
        try sealed.withUnsafeMutableBytes { sealed in
            try plaintext.withUnsafeBytes { plaintext in
                try contentKey.withUnsafeBytes { contentKey in
                    try vector.withUnsafeBytes { vector in
                        try header.withUnsafeBytes { header in
                            try cipher.seal(
                                plaintext, key: contentKey, nonce: vector, additionalData: header, into: sealed)
                        }
                    }
                }
            }
        }
        let segments = [
            header, Base64URL.encode(try key.encryptOAEPSHA256(contentKey)), Base64URL.encode(vector),
            Base64URL.encode(Array(sealed.dropLast(ContentCipher.tagByteCount))),
            Base64URL.encode(Array(sealed.suffix(ContentCipher.tagByteCount))),
        ]
        return Array(segments.joined(separator: [UInt8(ascii: ".")]))
    }

    private func protectedHeader(keyID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in [("alg", "RSA-OAEP-256"), ("enc", enc), ("cty", "application/json"), ("kid", keyID)] {
            writer.key(key)
            writer.string(value)
        }
        writer.endObject()
        return writer.bytes
    }
}
