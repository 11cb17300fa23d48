import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) under one key, for many short messages: 12-byte nonces, 16-byte tags.
///
/// The key schedule is computed once. The caller must never use a nonce twice under a key.
public struct AES256GCM: ~Copyable, Sendable {
    /// The length of a key, in bytes.
    public static let keyByteCount = 32
    /// The length of a nonce, in bytes.
    public static let nonceByteCount = 12
    /// The length of a tag, in bytes.
    public static let tagByteCount = 16

    private var context: CipherContext

    /// Prepares a key.
    ///
    /// - Parameter key: 32 bytes.
    /// - Throws: ``OpenSSLError`` when the key has another length or OpenSSL fails.
    public init(key: [UInt8]) throws {
        let cipher = try FetchedCipher.aes256GCM.get()
        var context = try CipherContext.started(cipher)
        try key.withUnsafeBytes { try context.setKey($0, .seal) }
        self.context = context
    }

    /// Encrypts and authenticates a message.
    ///
    /// - Parameters:
    ///   - plaintext: The message; may be empty.
    ///   - nonce: 12 bytes, never used before under this key.
    ///   - additionalData: What is authenticated along with the message; may be empty.
    ///   - out: Exactly 16 bytes more than the plaintext: ciphertext, then tag.
    /// - Throws: ``OpenSSLError`` when a length is wrong or OpenSSL fails.
    public mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additionalData: UnsafeRawBufferPointer,
        into out: UnsafeMutableRawBufferPointer
    ) throws {
        guard out.count == plaintext.count + Self.tagByteCount else {
            throw OpenSSLError.wrongSize("A sealed message is 16 bytes longer than the message")
        }
        try context.start(nonce: nonce, .seal)
        try context.authenticate(additionalData)
        try context.update(plaintext, into: out)
        try context.finishSealing(tag: UnsafeMutableRawBufferPointer(rebasing: out[plaintext.count...]))
    }

    /// Authenticates and decrypts a message.
    ///
    /// - Parameters:
    ///   - sealed: Ciphertext, then tag.
    ///   - nonce: The 12 bytes it was sealed with.
    ///   - additionalData: What was authenticated along with it.
    ///   - out: Exactly 16 bytes less than `sealed`; zeroed when the message is refused.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLErrorCode/notAuthentic`` when key, nonce, additional data or message
    ///   are not the ones that were sealed.
    public mutating func open(
        _ sealed: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, additionalData: UnsafeRawBufferPointer,
        into out: UnsafeMutableRawBufferPointer
    ) throws {
        guard sealed.count == out.count + Self.tagByteCount else {
            throw OpenSSLError.wrongSize("A sealed message is 16 bytes longer than the message")
        }
        try context.start(nonce: nonce, .open)
        try context.authenticate(additionalData)
        try context.update(UnsafeRawBufferPointer(rebasing: sealed[..<out.count]), into: out)
        guard try context.finishOpening(tag: UnsafeRawBufferPointer(rebasing: sealed[out.count...])) else {
            OPENSSL_cleanse(out.baseAddress, out.count)
            throw OpenSSLError.notAuthentic
        }
    }
}
