import COpenSSL

/// The single owner of an `EVP_CIPHER_CTX`.
///
/// `@unchecked Sendable`: the context has one owner, and every use needs exclusive access, which the language enforces.
struct CipherContext: ~Copyable, @unchecked Sendable {
    /// Whether it encrypts or decrypts.
    enum Direction: Int32 { case open, seal }

    private let pointer: OpaquePointer
    // Kept here, because asking OpenSSL costs as much as encrypting a few hundred bytes.
    private let keyLength: Int
    private var nonceLength: Int

    /// A context without a key. (An initialiser of a noncopyable type cannot fail halfway.)
    static func started(_ cipher: FetchedCipher) throws -> CipherContext {
        var context = CipherContext(
            takingOwnership: try require(EVP_CIPHER_CTX_new(), "make a cipher context"),
            keyLength: Int(EVP_CIPHER_get_key_length(cipher.pointer)),
            nonceLength: Int(EVP_CIPHER_get_iv_length(cipher.pointer)))
        try context.initialise(cipher: cipher.pointer, key: nil, nonce: nil, .seal)
        return context
    }

    private init(takingOwnership pointer: OpaquePointer, keyLength: Int, nonceLength: Int) {
        self.pointer = pointer
        self.keyLength = keyLength
        self.nonceLength = nonceLength
    }

    deinit { EVP_CIPHER_CTX_free(pointer) }

    /// Sets the nonce's length, where the cipher allows several.
    mutating func setNonceLength(_ count: Int) throws {
        guard let length = Int32(exactly: count) else { throw OpenSSLError.wrongSize("The nonce is too long") }
        try require(EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_SET_IVLEN, length, nil), "set the nonce's length")
        nonceLength = count
    }

    /// Computes the key schedule; each message then only sets its nonce.
    mutating func setKey(_ key: UnsafeRawBufferPointer, _ direction: Direction) throws {
        guard key.count == keyLength else {
            throw OpenSSLError.wrongSize("The key's length does not fit the cipher")
        }
        try initialise(cipher: nil, key: key.baseAddress, nonce: nil, direction)
    }

    /// Starts a message under the key that was set.
    mutating func start(nonce: UnsafeRawBufferPointer, _ direction: Direction) throws {
        guard nonce.count == nonceLength else {
            throw OpenSSLError.wrongSize("The nonce's length does not fit the cipher")
        }
        try initialise(cipher: nil, key: nil, nonce: nonce.baseAddress, direction)
    }

    /// Starts the only message under a key: one call computes the key schedule and sets the nonce.
    mutating func start(key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer, _ direction: Direction) throws {
        guard key.count == keyLength,
            nonce.count == nonceLength
        else { throw OpenSSLError.wrongSize("The key's or the nonce's length does not fit the cipher") }
        try initialise(cipher: nil, key: key.baseAddress, nonce: nonce.baseAddress, direction)
    }

    /// Adds data that is authenticated but not encrypted.
    mutating func authenticate(_ bytes: UnsafeRawBufferPointer) throws {
        try run(bytes, into: nil)
    }

    /// Runs data through the cipher and returns the number of bytes written.
    @discardableResult
    mutating func update(
        _ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        guard out.count >= bytes.count else { throw OpenSSLError.wrongSize("The output buffer is too short") }
        return try run(bytes, into: out.baseAddress)
    }

    /// Finishes encrypting a message and writes its 16-byte tag.
    mutating func finishSealing(tag: UnsafeMutableRawBufferPointer) throws {
        try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { spare in
            var written: Int32 = 0
            try require(EVP_CipherFinal_ex(pointer, spare.baseAddress, &written), "finish encrypting")
        }
        try require(
            EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress), "read the tag")
    }

    /// Finishes decrypting a message and returns whether the tag matches. OpenSSL compares it in constant time.
    mutating func finishOpening(tag: UnsafeRawBufferPointer) throws -> Bool {
        let expected = UnsafeMutableRawPointer(mutating: tag.baseAddress)  // only read, though the call takes void *
        try require(EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), expected), "set the tag")
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { spare in
            var written: Int32 = 0
            return EVP_CipherFinal_ex(pointer, spare.baseAddress, &written) > 0
        }
    }

    /// Finishes a block cipher's message, removes its padding, and returns how many bytes the last block still had; nil
    /// when the padding is wrong.
    mutating func finishBlocks(into out: UnsafeMutableRawBufferPointer) -> Int? {
        var written: Int32 = 0
        guard out.count >= 16, let start = out.baseAddress else { return nil }
        let result = EVP_CipherFinal_ex(pointer, start.assumingMemoryBound(to: UInt8.self), &written)
        return result > 0 ? Int(written) : nil
    }

    @discardableResult
    private func run(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer?) throws -> Int {
        guard !bytes.isEmpty else { return 0 }
        guard let count = Int32(exactly: bytes.count) else {
            throw OpenSSLError.wrongSize("A message of 2 GiB or more cannot be encrypted in one piece")
        }
        let input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let output = out?.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        try require(EVP_CipherUpdate(pointer, output, &written, input, count), "run the cipher")
        return Int(written)
    }

    private mutating func initialise(
        cipher: OpaquePointer?, key: UnsafeRawPointer?, nonce: UnsafeRawPointer?, _ direction: Direction
    ) throws {
        let key = key?.assumingMemoryBound(to: UInt8.self)
        let nonce = nonce?.assumingMemoryBound(to: UInt8.self)
        try require(EVP_CipherInit_ex2(pointer, cipher, key, nonce, direction.rawValue, nil), "start the cipher")
    }
}

/// A cipher, looked up once: `EVP_CIPHER_fetch` for every call costs more than encrypting a record.
///
/// `@unchecked Sendable`: a fetched `EVP_CIPHER` is never changed, and its reference count is atomic
/// (man 7 openssl-threads).
final class FetchedCipher: @unchecked Sendable {
    static let aes128GCM = Result { try FetchedCipher(named: "AES-128-GCM") }
    static let aes192GCM = Result { try FetchedCipher(named: "AES-192-GCM") }
    static let aes256GCM = Result { try FetchedCipher(named: "AES-256-GCM") }
    static let aes128CBC = Result { try FetchedCipher(named: "AES-128-CBC") }

    let pointer: OpaquePointer

    private init(named name: String) throws {
        pointer = try require(EVP_CIPHER_fetch(nil, name, nil), "load a cipher")
    }

    deinit { EVP_CIPHER_free(pointer) }
}
