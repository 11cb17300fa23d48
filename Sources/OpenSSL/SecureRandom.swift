import COpenSSL

/// The system's cryptographic random numbers, through OpenSSL's generator.
public enum SecureRandom {
    /// Fresh random bytes.
    ///
    /// - Parameter count: How many.
    /// - Returns: The bytes.
    /// - Throws: ``OpenSSLError`` when the generator cannot be seeded.
    public static func bytes(_ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            try fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            filled = count
        }
    }

    /// Fills a buffer with random bytes.
    ///
    /// - Parameter buffer: What to fill, wholly.
    /// - Throws: ``OpenSSLError`` when the generator cannot be seeded.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        try require(RAND_bytes_ex(nil, bytes, buffer.count, 0), "draw random numbers")
    }
}
