import Basics
package import OpenSSL

/// Decrypts tokens encrypted to one of several private keys: RSA-OAEP-256 with A256GCM, A192GCM, A128GCM or
/// A128CBC-HS256.
///
/// Several, because around the yearly change of a key answers come under the old one and the new one.
package struct JWEDecrypter: Sendable {
    private let keys: [PrivateKey]

    /// Creates a decrypter with one key.
    ///
    /// - Parameter privateKey: An RSA key.
    package init(privateKey: PrivateKey) {
        keys = [privateKey]
    }

    /// Creates a decrypter.
    ///
    /// - Parameter privateKeys: RSA keys, at least one; a token without a known `kid` is tried with each in this order.
    package init(privateKeys: [PrivateKey]) {
        keys = privateKeys
    }

    /// Decrypts a token (RFC 7516 §5.2).
    ///
    /// The key that the token's `kid` names is tried first, then each of the others: a `kid` is only a hint (RFC 7516
    /// §4.1.6) and may be missing, be written differently or name another key. A token that no key decrypts has been
    /// tried with all of them, and each attempt takes the same steps whatever is wrong, so that neither the error nor
    /// the time tells what that is (RFC 7516 §11.5).
    ///
    /// - Parameter token: A compact JWE, ASCII.
    /// - Returns: The plaintext, byte for byte.
    /// - Throws: ``JWEError``; every error that depends on a key is ``JWEError/undecryptable``. `OpenSSLError` only when
    ///   a key is not RSA or OpenSSL has a fault.
    package func decrypt(_ token: [UInt8]) throws -> [UInt8] {
        try token.withUnsafeBytes { bytes in
            let token = try CompactToken(bytes)
            let decoded = try DecodedToken(token)
            for key in Self.order(keys, for: decoded.keyID, id: \.publicKey.fingerprint) {
                do {
                    return try decoded.open(with: key, header: token.header)
                } catch let error as OpenSSLError where error.code == .notAuthentic {
                    continue
                }
            }
            throw JWEError.undecryptable
        }
    }

    /// The keys with those first whose id is the token's, whatever the case of its letters.
    static func order<Key>(_ keys: [Key], for keyID: String?, id: (Key) -> String) -> [Key] {
        guard let keyID = keyID?.lowercased(), keys.count > 1 else { return keys }
        return keys.filter { id($0) == keyID } + keys.filter { id($0) != keyID }
    }
}

/// Why a token was refused.
///
/// Errors in the publicly visible format of a token are reported in detail. Everything that depends on a key is one
/// error, ``undecryptable``, in text and time (RFC 7516 §11.5).
package enum JWEError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The token breaks a rule of its format; the rule, as part of a sentence.
    case malformed(String)
    /// The token or key needs something that is refused here; the rule, as part of a sentence.
    case unsupported(String)
    /// The token cannot be decrypted with any of the keys: it was changed, or encrypted to another key.
    case undecryptable

    /// One sentence, without anything of the token's content.
    package var description: String {
        switch self {
        case .malformed(let rule): "The token is not a JWE in compact form: \(rule)"
        case .unsupported(let rule): "The token asks for what is not accepted: \(rule)"
        case .undecryptable: "The token does not open with this key: it was changed, or encrypted to another key"
        }
    }
}

/// The five segments of a compact JWE (RFC 7516 §7.1) as they stand in the token.
struct CompactToken {
    /// The protected header; as received it is also the additional data (RFC 7516 §5.2 step 15).
    let header: UnsafeRawBufferPointer
    let encryptedKey: UnsafeRawBufferPointer
    let nonce: UnsafeRawBufferPointer
    let ciphertext: UnsafeRawBufferPointer
    let tag: UnsafeRawBufferPointer

    /// The header is read before anything is authenticated, so its size is bounded; in characters.
    static let longestHeader = 4096

    init(_ token: UnsafeRawBufferPointer) throws {
        var segments: [UnsafeRawBufferPointer] = []
        segments.reserveCapacity(6)
        var start = 0
        while segments.count < 5, let end = Self.firstDot(in: token, from: start) {
            segments.append(UnsafeRawBufferPointer(rebasing: token[start..<end]))
            start = end + 1
        }
        segments.append(UnsafeRawBufferPointer(rebasing: token[start...]))
        guard segments.count == 5 else { throw JWEError.malformed("it must have five parts, separated by dots") }
        guard segments[0].count <= Self.longestHeader else {
            throw JWEError.malformed("its header must not be longer than \(Self.longestHeader) characters")
        }
        (header, encryptedKey, nonce) = (segments[0], segments[1], segments[2])
        (ciphertext, tag) = (segments[3], segments[4])
    }

    private static func firstDot(in token: UnsafeRawBufferPointer, from start: Int) -> Int? {
        token[start...].firstIndex(of: UInt8(ascii: "."))
    }
}

/// A token whose format has passed every check that needs no key.
struct DecodedToken {
    let cipher: ContentCipher
    /// The `kid` of its header; not authenticated.
    let keyID: String?
    /// The decoded segments after the header, one after another.
    private let bytes: [UInt8]
    private let encryptedKey: Range<Int>
    private let nonce: Range<Int>
    private let ciphertext: Range<Int>
    private let tag: Range<Int>

    init(_ token: CompactToken) throws {
        let visible = try JWEHeader(token)
        (cipher, keyID) = (try visible.acceptedCipher(), visible.kid)
        var arena = SegmentArena(for: token)
        encryptedKey = try arena.append(token.encryptedKey, "encrypted key")
        nonce = try arena.append(token.nonce, "initialization vector")
        ciphertext = try arena.append(token.ciphertext, "ciphertext")
        tag = try arena.append(token.tag, "tag")
        bytes = arena.bytes
        guard cipher.takesNonce(ofByteCount: nonce.count) else {
            throw JWEError.malformed("its initialization vector must have 12 or 16 bytes, with CBC 16")
        }
        guard tag.count == ContentCipher.tagByteCount else { throw JWEError.malformed("its tag must have 16 bytes") }
    }

    /// A key that does not unwrap is replaced by a random one, which then fails like a wrong tag, as RFC 7516 §11.5
    /// requires: nothing here that depends on the key returns early.
    func open(with key: PrivateKey, header: UnsafeRawBufferPointer) throws -> [UInt8] {
        try bytes.withUnsafeBytes { bytes in
            func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            return try SecretBuffer.withBytes(cipher.keyByteCount) { contentKey in
                try key.unwrapOAEPSHA256(part(encryptedKey), into: contentKey)
                return try cipher.open(
                    part(ciphertext), tag: part(tag), key: UnsafeRawBufferPointer(contentKey), nonce: part(nonce),
                    additionalData: header)
            }
        }
    }
}

/// A single buffer for a token's decoded segments.
struct SegmentArena {
    private(set) var bytes: [UInt8]
    private var end = 0

    init(for token: CompactToken) {
        let segments = [token.encryptedKey, token.nonce, token.ciphertext, token.tag]
        let count = segments.reduce(0) { $0 + Base64URL.decodedCount($1.count) }
        bytes = [UInt8](repeating: 0, count: count)
    }

    /// Decodes a segment after the last one and returns where it lies.
    mutating func append(_ segment: UnsafeRawBufferPointer, _ name: StaticString) throws -> Range<Int> {
        let start = end
        let count = bytes.withUnsafeMutableBytes { bytes in
            Base64URL.decode(segment, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
        guard let count else { throw JWEError.malformed("its \(name) must be base64url without padding") }
        end += count
        return start..<end
    }
}
