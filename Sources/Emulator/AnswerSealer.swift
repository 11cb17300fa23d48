import JOSE
import OpenSSL

/// Wraps insights for the client: `{"encryptedData":"<JWE>"}`, right or wrong as asked.
struct AnswerSealer: Sendable {
    private let ordinary: JWEEncrypter
    private let wrongKey: JWEEncrypter
    private let key: PublicKey

    /// - Parameters:
    ///   - key: the client's public key, to which answers are encrypted.
    ///   - stranger: a key whose private half the client does not have.
    /// - Throws: an error of JOSE where a key cannot be encrypted to.
    init(key: PublicKey, stranger: PublicKey) throws {
        self.key = key
        ordinary = try JWEEncrypter(publicKey: key, keyID: key.fingerprint)
        wrongKey = try JWEEncrypter(publicKey: stranger, keyID: key.fingerprint)
    }

    /// The body of an answer with these insights.
    func body(_ insights: [UInt8], sealed seal: AnswerSeal) throws -> [UInt8] {
        switch seal {
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
