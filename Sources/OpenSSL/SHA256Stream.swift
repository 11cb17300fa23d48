/// SHA-256 of bytes that come piece by piece, such as a file's.
public struct SHA256Stream: ~Copyable, Sendable {
    private var context: DigestContext

    /// Starts with nothing hashed.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public init() throws {
        context = try DigestContext.started()
    }

    /// Takes the next piece.
    ///
    /// - Parameter bytes: The piece; may be empty.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) throws {
        try context.update(bytes)
    }

    /// Ends the stream.
    ///
    /// - Returns: The digest, 32 bytes.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public consuming func finish() throws -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        try digest.withUnsafeMutableBytes { try context.finish(into: $0) }
        return digest
    }
}
