import COpenSSL

extension ContentCipher {
    /// Checks and decrypts one message. Nothing of a message that is refused is given out.
    ///
    /// - Parameters:
    ///   - ciphertext: The message without its tag.
    ///   - tag: 16 bytes.
    ///   - key: ``keyByteCount`` bytes.
    ///   - nonce: Of a length that ``takesNonce(ofByteCount:)`` says is taken.
    ///   - additionalData: What was authenticated along with the message.
    /// - Returns: The plaintext.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLError/Code/notAuthentic``, the same for every cause, when key, nonce,
    ///   additional data, message and tag do not belong together.
    public func open(
        _ ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        nonce: UnsafeRawBufferPointer, additionalData: UnsafeRawBufferPointer
    ) throws -> [UInt8] {
        guard tag.count == Self.tagByteCount, key.count == keyByteCount else {
            throw OpenSSLError.wrongSize("The tag's or the key's length does not fit the cipher")
        }
        if self == .aes128CBCHMACSHA256 {
            return try openCBC(ciphertext, tag: tag, key: key, nonce: nonce, additionalData: additionalData)
        }
        var context = try started(key: key, nonce: nonce, .open)
        try context.authenticate(additionalData)
        return try Self.collect(upTo: ciphertext.count) { out in
            try context.update(ciphertext, into: out)
            return try context.finishOpening(tag: tag) ? ciphertext.count : nil
        }
    }

    /// RFC 7518 §5.2.2.2: the code is checked before anything is decrypted. The key's first half is HMAC's.
    private func openCBC(
        _ ciphertext: UnsafeRawBufferPointer, tag: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        nonce: UnsafeRawBufferPointer, additionalData: UnsafeRawBufferPointer
    ) throws -> [UInt8] {
        let code = try Self.code(key: key, parts: [additionalData, nonce, ciphertext])
        guard CRYPTO_memcmp(code, tag.baseAddress, Self.tagByteCount) == 0 else { throw OpenSSLError.notAuthentic }
        var context = try started(key: UnsafeRawBufferPointer(rebasing: key[16...]), nonce: nonce, .open)
        return try Self.collect(upTo: ciphertext.count + 16) { out in
            let count = try context.update(ciphertext, into: out)
            return context.finishBlocks(into: UnsafeMutableRawBufferPointer(rebasing: out[count...])).map { count + $0 }
        }
    }

    /// An array of what the body writes; when it gives nil, everything is wiped and the message refused.
    private static func collect(
        upTo capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int?
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: capacity)
            guard let count = try body(out) else {
                OPENSSL_cleanse(out.baseAddress, out.count)
                ERR_clear_error()
                throw OpenSSLError.notAuthentic
            }
            filled = count
        }
    }
}
