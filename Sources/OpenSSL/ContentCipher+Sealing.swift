extension ContentCipher {
    /// Encrypts one message with AES-GCM.
    ///
    /// - Parameters:
    ///   - plaintext: The message; may be empty.
    ///   - key: ``keyByteCount`` bytes, used for this message only.
    ///   - nonce: 12 or 16 bytes.
    ///   - additionalData: What is authenticated along with the message.
    ///   - out: Exactly 16 bytes more than the plaintext: ciphertext, then tag.
    /// - Throws: ``OpenSSLError`` when a length is wrong, the cipher is not GCM, or OpenSSL fails.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) throws {
        guard self != .aes128CBCHMACSHA256, out.count == plaintext.count + Self.tagByteCount else {
            throw OpenSSLError.wrongSize("Messages are sealed with AES-GCM, into a buffer 16 bytes longer")
        }
        var context = try started(key: key, nonce: nonce, .seal)
        try context.authenticate(additionalData)
        try context.update(plaintext, into: out)
        try context.finishSealing(tag: UnsafeMutableRawBufferPointer(rebasing: out[plaintext.count...]))
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
