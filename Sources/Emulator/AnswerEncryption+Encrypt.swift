import JOSE
import JSON
import OpenSSL

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
