import Basics
package import OpenSSL

/// Decrypts tokens encrypted to one private key: RSA-OAEP-256 with A256GCM, A192GCM, A128GCM or A128CBC-HS256.
///
/// A token's `kid` is neither required nor compared: the key is the one that was configured.
package struct JWEDecrypter: Sendable {
    private let key: PrivateKey

    /// Creates a decrypter.
    ///
    /// - Parameter privateKey: An RSA key.
    package init(privateKey: PrivateKey) {
        key = privateKey
    }

    /// Decrypts a token (RFC 7516 §5.2).
    ///
    /// - Parameter token: A compact JWE, ASCII.
    /// - Returns: The plaintext, byte for byte.
    /// - Throws: ``JWEError``; every error that depends on the key is ``JWEError/undecryptable``. `OpenSSLError` only
    ///   when the key is not RSA or OpenSSL has a fault.
    package func decrypt(_ token: [UInt8]) throws -> [UInt8] {
        try token.withUnsafeBytes { bytes in
            let token = try CompactToken(bytes)
            let decoded = try DecodedToken(token)
            do {
                return try decoded.open(with: key, header: token.header)
            } catch let error as OpenSSLError where error.code == .notAuthentic {
                throw JWEError.undecryptable
            }
        }
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
    /// The token cannot be decrypted with this key: it was changed, or encrypted to another key.
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
    /// The decoded segments after the header, one after another.
    private let bytes: [UInt8]
    private let encryptedKey: Range<Int>
    private let nonce: Range<Int>
    private let ciphertext: Range<Int>
    private let tag: Range<Int>

    init(_ token: CompactToken) throws {
        cipher = try JWEHeader(token).acceptedCipher()
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
