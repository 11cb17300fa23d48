extension ContentCipher {
    /// Encrypts one message.
    ///
    /// - Parameters:
    ///   - plaintext: The message; may be empty.
    ///   - key: ``keyByteCount`` bytes, used for this message only.
    ///   - nonce: Of a length that ``takesNonce(ofByteCount:)`` says is taken.
    ///   - additionalData: What is authenticated along with the message.
    ///   - out: Exactly 16 bytes more than ``ciphertextByteCount(of:)`` says: ciphertext, then tag.
    /// - Throws: ``OpenSSLError`` when a length is wrong or OpenSSL fails.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) throws {
        let count = ciphertextByteCount(of: plaintext.count)
        guard key.count == keyByteCount, out.count == count + Self.tagByteCount else {
            throw OpenSSLError.wrongSize("The key or the buffer does not fit the cipher and the message")
        }
        if self == .aes128CBCHMACSHA256 {
            return try sealCBC(plaintext, key: key, nonce: nonce, additionalData: additionalData, into: out)
        }
        var context = try started(key: key, nonce: nonce, .seal)
        try context.authenticate(additionalData)
        try context.update(plaintext, into: out)
        try context.finishSealing(tag: UnsafeMutableRawBufferPointer(rebasing: out[count...]))
    }

    /// RFC 7518 §5.2.2.1: what is encrypted is authenticated. The key's second half is AES's.
    private func sealCBC(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) throws {
        var context = try started(key: UnsafeRawBufferPointer(rebasing: key[16...]), nonce: nonce, .seal)
        let count = try context.update(plaintext, into: out)
        guard let last = context.finishBlocks(into: UnsafeMutableRawBufferPointer(rebasing: out[count...])) else {
            throw OpenSSLError.wrongSize("The last block could not be encrypted")
        }
        let ciphertext = UnsafeRawBufferPointer(rebasing: out[..<(count + last)])
        let code = try Self.code(key: key, parts: [additionalData, nonce, ciphertext])
        UnsafeMutableRawBufferPointer(rebasing: out[(count + last)...]).copyBytes(from: code[..<Self.tagByteCount])
    }

    /// The whole code of RFC 7518 §5.2.2.1 over additional data, nonce and ciphertext, with the key's first half.
    static func code(key: UnsafeRawBufferPointer, parts: [UnsafeRawBufferPointer]) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: HMACSHA256.byteCount)
        let authenticator = try HMACSHA256(keyBytes: UnsafeRawBufferPointer(rebasing: key[..<16]))
        // `AL`: the additional data's length in bits, 64 bits, big-endian.
        try withUnsafeBytes(of: UInt64(parts[0].count * 8).bigEndian) { length in
            try code.withUnsafeMutableBytes { try authenticator.code(forParts: parts + [length], into: $0) }
        }
        return code
    }

    func started(
        key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, _ direction: CipherContext.Direction
    ) throws -> CipherContext {
        guard takesNonce(ofByteCount: nonce.count) else {
            throw OpenSSLError.wrongSize("The nonce's length does not fit the cipher")
        }
        var context = try CipherContext.started(algorithm)
        if self != .aes128CBCHMACSHA256, nonce.count != AES256GCM.nonceByteCount {
            try context.setNonceLength(nonce.count)
        }
        try context.start(key: key, nonce: nonce, direction)
        return context
    }
}
