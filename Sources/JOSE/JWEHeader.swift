import JSON
import OpenSSL

/// What is visible of a token without a key. None of it is authenticated.
package struct JWEHeader: Sendable, Equatable {
    /// The key management algorithm, such as `RSA-OAEP-256` (RFC 7516 §4.1.1).
    package let alg: String
    /// The content encryption algorithm, such as `A256GCM` (RFC 7516 §4.1.2).
    package let enc: String
    /// The content's media type, where it is given as a string.
    package let cty: String?
    /// The id of the key it is encrypted to, where it is given as a string.
    package let kid: String?
    /// Whether the header has the member `crit`, which names extensions that must be understood (RFC 7516 §4.1.13).
    package let hasCriticalExtensions: Bool
    /// Whether the header has the member `zip`: the content is compressed (RFC 7516 §4.1.3).
    package let isCompressed: Bool
    /// The protected header, decoded: UTF-8 JSON with white space and members as received.
    package let json: [UInt8]
    /// The length of each part, in bytes once decoded.
    package let segmentSizes: JWESegmentSizes

    /// Inspects a token, including one that ``JWEDecrypter`` refuses.
    ///
    /// - Parameter token: A compact JWE, ASCII.
    /// - Returns: What its header says.
    /// - Throws: ``JWEError/malformed(_:)`` when it is not a compact JWE.
    package static func inspect(_ token: [UInt8]) throws -> JWEHeader {
        try token.withUnsafeBytes { try JWEHeader(CompactToken($0)) }
    }

    init(_ token: CompactToken) throws {
        guard let json = Base64URL.decode(token.header) else {
            throw JWEError.malformed("its header must be base64url without padding")
        }
        let root = try Self.object(json)
        guard let alg = root["alg"]?.string, let enc = root["enc"]?.string else {
            throw JWEError.malformed("its header must have the members alg and enc, both strings")
        }
        (self.json, self.alg, self.enc) = (json, alg, enc)
        cty = root["cty"]?.string
        kid = root["kid"]?.string
        hasCriticalExtensions = root["crit"] != nil
        isCompressed = root["zip"] != nil
        segmentSizes = JWESegmentSizes(token)
    }

    /// RFC 7516 §5.2 steps 3 and 4: UTF-8, one JSON object, no member twice.
    private static func object(_ json: [UInt8]) throws -> JSONNode {
        let root: JSONNode
        do {
            root = try JSONDocument(parsing: json, maximumDepth: 8).root
        } catch {
            throw JWEError.malformed("its header must be a JSON object in UTF-8 with no member twice")
        }
        guard root.kind == .object else { throw JWEError.malformed("its header must be a JSON object") }
        return root
    }
}

extension JWEHeader {
    /// The only key management algorithm; RSA1_5, `dir`, `none` and all others are refused.
    static let keyAlgorithm = "RSA-OAEP-256"

    /// The content cipher; an error when the header asks for anything that is not accepted.
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

/// The length of each part of a token, in bytes once decoded.
package struct JWESegmentSizes: Sendable, Equatable {
    /// The encrypted content key; as long as the RSA modulus it was made with.
    package let encryptedKey: Int
    package let initializationVector: Int
    /// The ciphertext; with GCM as long as the plaintext.
    package let ciphertext: Int
    package let tag: Int

    init(_ token: CompactToken) {
        encryptedKey = Base64URL.decodedCount(token.encryptedKey.count)
        initializationVector = Base64URL.decodedCount(token.nonce.count)
        ciphertext = Base64URL.decodedCount(token.ciphertext.count)
        tag = Base64URL.decodedCount(token.tag.count)
    }
}
