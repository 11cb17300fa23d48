import COpenSSL

/// A private key with its public half.
package final class PrivateKey: Sendable {
    /// What the key can be used for.
    package let kind: KeyKind
    /// The size of an RSA modulus, or of a curve's field, in bits.
    package let bits: Int
    /// The public key.
    package let publicKey: PublicKey

    let handle: KeyHandle
    let decrypters: KeyContextPool
    /// An RSA key's modulus, big-endian, without leading zeros; empty for other kinds.
    let modulus: [UInt8]

    init(_ handle: KeyHandle) throws {
        self.handle = handle
        kind = handle.kind
        bits = handle.bits
        publicKey = try PublicKey(handle.publicHalf())
        decrypters = KeyContextPool(handle, for: .decrypt)
        modulus = handle.kind == .rsa ? try handle.modulus() : []
    }

    /// Reads the key that decrypts answers.
    ///
    /// - Parameters:
    ///   - bytes: PEM (PKCS#1, PKCS#8, either of them encrypted), DER, or PKCS#12, RC2-40 of older exporters included.
    ///   - password: The password; nil when there is none. It is never asked for on a terminal.
    ///   - name: What to call the file in an error, such as the setting and the file's name.
    /// - Returns: An RSA key of at least 2048 bits.
    /// - Throws: ``OpenSSLError`` that says what the file holds instead, or that the password is missing or wrong.
    package static func load(_ bytes: [UInt8], password: String?, name: String) throws -> PrivateKey {
        try KeyFile(bytes, password: password, name: name).decryptionKey(name: name)
    }

    /// Generates an RSA key.
    ///
    /// - Parameter bits: At least 2048.
    /// - Returns: The key.
    /// - Throws: ``OpenSSLError`` when the size is refused or OpenSSL fails.
    package static func generate(bits: Int) throws -> PrivateKey {
        guard (2048...16384).contains(bits) else {
            throw OpenSSLError.refused(.tooWeak, "RSA keys of 2048 to 16384 bits are made here; choose one of these")
        }
        let key = try require(COpenSSL_EVP_RSA_gen(bits), "make an RSA key")
        return try PrivateKey(KeyHandle(takingOwnership: key))
    }

    /// The key as unencrypted PEM, PKCS#8, `BEGIN PRIVATE KEY`.
    ///
    /// - Returns: ASCII, with a line feed at the end. It is a secret.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    package func pem() throws -> [UInt8] {
        try MemoryBuffer.collect { PEM_write_bio_PKCS8PrivateKey($0, handle.pointer, nil, nil, 0, nil, nil) }
    }
}

extension PrivateKey {
    /// Decrypts RSA-OAEP with SHA-256, MGF1-SHA-256 and an empty label (RFC 7518 §4.3, RSA-OAEP-256).
    ///
    /// - Parameter ciphertext: As many bytes as the modulus has.
    /// - Returns: The message.
    /// - Throws: ``OpenSSLError`` with ``OpenSSLErrorCode/notAuthentic`` when it cannot be decrypted, or
    ///   ``OpenSSLErrorCode/wrongKind`` when the key is not RSA.
    package func decryptOAEPSHA256(_ ciphertext: [UInt8]) throws -> [UInt8] {
        try requireRSA(kind)
        return try ciphertext.withUnsafeBytes { ciphertext in
            try withDecrypted(ciphertext) { result, message in
                guard result > 0 else { throw OpenSSLError.notAuthentic }
                return Array(message)
            }
        }
    }

    /// Unwraps a content key with RSA-OAEP-256, or leaves a random one in its place.
    ///
    /// An attacker who can tell a key that did not unwrap from one that did, by text, status or time, can decrypt with
    /// our key (RFC 7516 §11.5). So a failure is not reported: the caller continues with a key that cannot fit, and
    /// fails there.
    ///
    /// - Parameters:
    ///   - wrapped: The encrypted key; one whose length differs from the modulus counts as one that does not unwrap.
    ///   - out: Filled completely; a key of another length counts as one that did not unwrap.
    /// - Throws: ``OpenSSLError`` only when the key is not RSA or OpenSSL fails for reasons of its own.
    package func unwrapOAEPSHA256(_ wrapped: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        try requireRSA(kind)
        guard out.count <= modulus.count else { throw OpenSSLError.wrongSize("The key is longer than the modulus") }
        try SecureRandom.fill(out)
        try withAcceptable(wrapped) { wrapped in
            try withDecrypted(wrapped) { result, message in
                let mask = Self.mask(result == 1) & Self.mask(message.count == out.count)
                let room = UnsafeRawBufferPointer(start: message.baseAddress, count: out.count)
                for index in out.indices { out[index] = room[index] & mask | out[index] & ~mask }
            }
        }
    }

    /// All ones for true, all zeros for false, so that what follows needs no branch.
    private static func mask(_ condition: Bool) -> UInt8 {
        0 &- UInt8(condition ? 1 : 0)
    }

    /// Passes on the ciphertext if RSA accepts it, that is if it is as long as the modulus and numerically smaller (RFC
    /// 8017 §5.1.2 and §7.1.2); otherwise a stand-in, because OpenSSL rejects the others before it computes anything.
    private func withAcceptable(
        _ wrapped: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if wrapped.count == modulus.count, wrapped.lexicographicallyPrecedes(modulus) { return try body(wrapped) }
        var standIn = modulus
        standIn[0] = 1
        try standIn.withUnsafeBytes(body)
    }

    /// Decrypts into a buffer of the modulus's length, which is wiped afterwards. The body gets OpenSSL's result and
    /// the message, which lies at the start of that buffer.
    private func withDecrypted<Result>(
        _ ciphertext: UnsafeRawBufferPointer, _ body: (Int32, UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try SecretBuffer.withBytes(modulus.count) { room in
            var count = room.count
            let result = try decrypters.withContext { context in
                let output = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                let input = ciphertext.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return EVP_PKEY_decrypt(context, output, &count, input, ciphertext.count)
            }
            ERR_clear_error()
            return try body(result, UnsafeRawBufferPointer(rebasing: room[..<min(count, room.count)]))
        }
    }
}
