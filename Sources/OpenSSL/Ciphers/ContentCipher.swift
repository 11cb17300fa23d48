import Basics
import COpenSSL

/// The content encryption algorithms of a JWE (RFC 7518 §5.1). Each takes a key that is used for one message.
public enum ContentCipher: Sendable, CaseIterable {
    /// AES-GCM with a 128-bit key.
    case aes128GCM
    /// AES-GCM with a 192-bit key.
    case aes192GCM
    /// AES-GCM with a 256-bit key.
    case aes256GCM
    /// AES-CBC with a 128-bit key, authenticated by HMAC-SHA-256 (RFC 7518 §5.2.3).
    case aes128CBCHMACSHA256

    /// The length of every tag, in bytes.
    public static let tagByteCount = 16

    /// The length of a key, in bytes.
    public var keyByteCount: Int {
        switch self {
        case .aes128GCM: 16
        case .aes192GCM: 24
        case .aes256GCM, .aes128CBCHMACSHA256: 32
        }
    }

    /// Whether this cipher accepts a nonce of a length: 12 or 16 bytes for GCM, 16 for CBC.
    ///
    /// - Parameter count: The nonce's length in bytes.
    /// - Returns: True for an accepted length.
    public func takesNonce(ofByteCount count: Int) -> Bool {
        self == .aes128CBCHMACSHA256 ? count == 16 : count == 12 || count == 16
    }

    /// The length of an encrypted message without its tag: CBC pads to whole blocks, with at least one byte.
    ///
    /// - Parameter plaintextByteCount: The message's length in bytes.
    /// - Returns: The ciphertext's length in bytes.
    public func ciphertextByteCount(of plaintextByteCount: Int) -> Int {
        self == .aes128CBCHMACSHA256 ? (plaintextByteCount / 16 + 1) * 16 : plaintextByteCount
    }

    var algorithm: FetchedCipher {
        get throws {
            switch self {
            case .aes128GCM: try FetchedCipher.aes128GCM.get()
            case .aes192GCM: try FetchedCipher.aes192GCM.get()
            case .aes256GCM: try FetchedCipher.aes256GCM.get()
            case .aes128CBCHMACSHA256: try FetchedCipher.aes128CBC.get()
            }
        }
    }
}

extension ContentCipher {
    /// Authenticates and decrypts one message. Nothing of a refused message is returned.
    ///
    /// - Parameters:
    ///   - ciphertext: The message without its tag.
    ///   - tag: 16 bytes.
    ///   - key: ``keyByteCount`` bytes.
    ///   - nonce: Of a length that ``takesNonce(ofByteCount:)`` accepts.
    ///   - additionalData: What was authenticated along with the message.
    /// - Returns: The plaintext.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLErrorCode/notAuthentic``, the same for every cause, when key, nonce,
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

    /// RFC 7518 §5.2.2.2: the tag is checked before anything is decrypted. The first half of the key is for HMAC.
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

    /// An array written by the body; when the body returns nil, everything is wiped and the message refused.
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

extension ContentCipher {
    /// Encrypts one message.
    ///
    /// - Parameters:
    ///   - plaintext: The message; may be empty.
    ///   - key: ``keyByteCount`` bytes, used for this message only.
    ///   - nonce: Of a length that ``takesNonce(ofByteCount:)`` accepts.
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

    /// RFC 7518 §5.2.2.1: encrypt, then authenticate the ciphertext. The second half of the key is for AES.
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

    /// The whole MAC of RFC 7518 §5.2.2.1 over additional data, nonce and ciphertext, with the first half of the key.
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
