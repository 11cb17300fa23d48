import COpenSSL

extension PublicKey {
    /// The length of everything this key encrypts, in bytes.
    public var byteCount: Int { (bits + 7) / 8 }

    /// Encrypts with RSA-OAEP, SHA-256, MGF1-SHA-256 and an empty label (RFC 7518 §4.3, RSA-OAEP-256).
    ///
    /// - Parameter message: At most ``byteCount`` − 66 bytes.
    /// - Returns: ``byteCount`` bytes.
    /// - Throws: ``OpenSSLError`` when the message is too long, the key is not RSA, or OpenSSL fails.
    public func encryptOAEPSHA256(_ message: [UInt8]) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
            let out = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount)
            try message.withUnsafeBytes { try encryptOAEPSHA256($0, into: out) }
            filled = byteCount
        }
    }

    /// Encrypts like ``encryptOAEPSHA256(_:)``, where the caller wants it.
    ///
    /// - Parameters:
    ///   - message: At most ``byteCount`` − 66 bytes.
    ///   - out: Exactly ``byteCount`` bytes.
    /// - Throws: ``OpenSSLError`` when a length is wrong, the key is not RSA, or OpenSSL fails.
    public func encryptOAEPSHA256(_ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        try requireRSA(kind)
        guard out.count == byteCount, message.count <= byteCount - 66 else {
            throw OpenSSLError.wrongSize("The message or the buffer does not fit the RSA key")
        }
        try encrypters.withContext { context in
            var count = out.count
            let written = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let input = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
            try require(EVP_PKEY_encrypt(context, written, &count, input, message.count), "encrypt with RSA")
        }
    }
}

/// Only a plain RSA key encrypts; EC and RSA-PSS keys sign.
func requireRSA(_ kind: KeyKind) throws {
    guard kind == .rsa else {
        throw OpenSSLError.refused(
            .wrongKind, "A key of the kind \(kind) signs and cannot encrypt; an RSA key of at least 2048 bits is wanted"
        )
    }
}
