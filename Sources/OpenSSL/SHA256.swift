import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that are all there.
public enum SHA256 {
    /// The length of a digest, in bytes.
    public static let byteCount = 32

    /// The digest of a buffer.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func digest(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
            try digest(bytes, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount))
            filled = byteCount
        }
    }

    /// The digest of an array.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func digest(_ bytes: [UInt8]) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try digest($0) }
    }

    /// Writes the digest of a buffer where the caller wants it.
    ///
    /// - Parameters:
    ///   - bytes: What to hash.
    ///   - out: At least 32 bytes.
    /// - Throws: ``OpenSSLError`` when `out` is too short or OpenSSL fails.
    public static func digest(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) throws {
        guard out.count >= byteCount, let start = out.baseAddress else {
            throw OpenSSLError.wrongSize("A SHA-256 digest needs a buffer of 32 bytes")
        }
        let digest = try FetchedDigest.sha256.get()
        let result = start.assumingMemoryBound(to: UInt8.self)
        try require(EVP_Digest(bytes.baseAddress, bytes.count, result, nil, digest.pointer, nil), "hash")
    }

    /// The digest of an array, as lower-case hexadecimal.
    ///
    /// - Parameter bytes: What to hash.
    /// - Returns: 64 characters.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func hex(_ bytes: [UInt8]) throws -> String {
        Hexadecimal.encode(try digest(bytes))
    }
}
