import COpenSSL

/// Memory for a secret that is wiped when it is no longer needed.
public enum SecretBuffer {
    /// Lends a zeroed buffer and wipes it afterwards, on errors too.
    ///
    /// - Parameters:
    ///   - byteCount: Its length in bytes.
    ///   - body: What uses it; the buffer must not leave it.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws.
    public static func withBytes<Result>(
        _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { buffer in
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            defer { OPENSSL_cleanse(buffer.baseAddress, buffer.count) }
            return try body(buffer)
        }
    }
}
