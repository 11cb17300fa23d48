import JSON
package import OpenSSL

/// Makes tokens for one public key: RSA-OAEP-256 with A256GCM, a fresh key and a fresh 96-bit nonce each time.
package struct JWEEncrypter: Sendable {
    private static let cipher = ContentCipher.aes256GCM

    private let key: PublicKey
    /// The protected header of every token; it is also the additional data.
    private let header: [UInt8]

    /// Prepares the header: exactly the members `alg`, `enc`, `cty` and `kid`.
    ///
    /// - Parameters:
    ///   - publicKey: An RSA key of at least 2048 bits.
    ///   - keyID: The `kid`, which tells the other side which key to use.
    /// - Throws: ``JWEError/unsupported(_:)`` when the key cannot encrypt, or the key id is empty or too long.
    package init(publicKey: PublicKey, keyID: String) throws {
        guard publicKey.kind == .rsa, publicKey.bits >= 2048 else {
            throw JWEError.unsupported("the key to encrypt to must be RSA of 2048 bits or more")
        }
        guard (1...1024).contains(keyID.utf8.count) else {
            throw JWEError.unsupported("the key id must have 1 to 1024 bytes")
        }
        key = publicKey
        header = Base64URL.encode(Self.header(keyID: keyID))
    }

    /// Encrypts (RFC 7516 §5.1).
    ///
    /// - Parameter plaintext: What to encrypt; may be empty.
    /// - Returns: A compact JWE, ASCII.
    /// - Throws: `OpenSSLError` when OpenSSL fails.
    package func encrypt(_ plaintext: [UInt8]) throws -> [UInt8] {
        let layout = TokenLayout(keyByteCount: key.byteCount, plaintextByteCount: plaintext.count)
        return try withUnsafeTemporaryAllocation(byteCount: layout.byteCount, alignment: 16) { room in
            try plaintext.withUnsafeBytes { try fill(room, layout, $0) }
            return assemble(UnsafeRawBufferPointer(room), layout)
        }
    }

    /// Writes encrypted key, nonce, and ciphertext with tag one after another. Key and nonce are generated in one call,
    /// which halves the cost.
    private func fill(
        _ room: UnsafeMutableRawBufferPointer, _ layout: TokenLayout, _ plaintext: UnsafeRawBufferPointer
    ) throws {
        let keyByteCount = Self.cipher.keyByteCount
        try SecretBuffer.withBytes(keyByteCount + layout.nonce.count) { secret in
            try SecureRandom.fill(secret)
            let contentKey = UnsafeRawBufferPointer(rebasing: secret[..<keyByteCount])
            let nonce = UnsafeRawBufferPointer(rebasing: secret[keyByteCount...])
            UnsafeMutableRawBufferPointer(rebasing: room[layout.nonce]).copyMemory(from: nonce)
            let encryptedKey = UnsafeMutableRawBufferPointer(rebasing: room[layout.encryptedKey])
            try key.encryptOAEPSHA256(contentKey, into: encryptedKey)
            let sealed = UnsafeMutableRawBufferPointer(rebasing: room[layout.sealed])
            try header.withUnsafeBytes { header in
                try Self.cipher.seal(plaintext, key: contentKey, nonce: nonce, additionalData: header, into: sealed)
            }
        }
    }

    private func assemble(_ room: UnsafeRawBufferPointer, _ layout: TokenLayout) -> [UInt8] {
        let segments = [layout.encryptedKey, layout.nonce, layout.ciphertext, layout.tag]
        let count = segments.reduce(header.count) { $0 + 1 + Base64URL.encodedCount($1.count) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            out.copyBytes(from: header)
            filled = header.count
            for segment in segments {
                out[filled] = UInt8(ascii: ".")
                let rest = UnsafeMutableRawBufferPointer(rebasing: out[(filled + 1)...])
                filled += 1 + Base64URL.encode(UnsafeRawBufferPointer(rebasing: room[segment]), into: rest)
            }
        }
    }

    private static func header(keyID: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in [
            ("alg", JWEHeader.keyAlgorithm), ("enc", "A256GCM"), ("cty", "application/json"), ("kid", keyID),
        ] {
            writer.key(name)
            writer.string(value)
        }
        writer.endObject()
        return writer.bytes
    }
}

/// Where the parts of a token lie in one buffer, before they are written as base64url.
struct TokenLayout {
    let encryptedKey: Range<Int>
    let nonce: Range<Int>
    let ciphertext: Range<Int>
    let tag: Range<Int>

    init(keyByteCount: Int, plaintextByteCount: Int) {
        encryptedKey = 0..<keyByteCount
        nonce = encryptedKey.upperBound..<encryptedKey.upperBound + AES256GCM.nonceByteCount
        ciphertext = nonce.upperBound..<nonce.upperBound + plaintextByteCount
        tag = ciphertext.upperBound..<ciphertext.upperBound + AES256GCM.tagByteCount
    }

    /// Ciphertext and tag together.
    var sealed: Range<Int> { ciphertext.lowerBound..<tag.upperBound }

    var byteCount: Int { tag.upperBound }
}

/// The JSON object around a token on the wire: `{"encryptedData":"<JWE compact>"}` (the API's documents, "Body").
package enum JWEEnvelope {
    private static let opening = Array(#"{"encryptedData":""#.utf8)
    private static let closing = Array(#""}"#.utf8)

    /// A token in its envelope; base64url needs no escapes.
    package static func wrapping(_ token: [UInt8]) -> [UInt8] {
        var envelope = [UInt8]()
        envelope.reserveCapacity(opening.count + token.count + closing.count)
        envelope += opening
        envelope += token
        envelope += closing
        return envelope
    }

    /// The token in an envelope; nil where the bytes are no JSON object with a string `encryptedData`.
    package static func token(in envelope: [UInt8]) -> [UInt8]? {
        (try? JSONDocument(parsing: envelope))?.root["encryptedData"]?.stringBytes
    }

    /// The token an operator supplied, bare or in its envelope, ignoring white space around it.
    package static func tokenOrEnvelope(_ input: [UInt8]) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = input.firstIndex { !isSpace($0) } ?? input.endIndex
        let end = input.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        let trimmed = Array(input[start..<end])
        return trimmed.first == UInt8(ascii: "{") ? token(in: trimmed) ?? trimmed : trimmed
    }
}
