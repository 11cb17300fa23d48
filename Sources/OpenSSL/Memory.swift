import COpenSSL

/// The owner of an in-memory `BIO`.
struct MemoryBuffer: ~Copyable {
    let pointer: OpaquePointer

    /// An empty one, to write to.
    private init() throws {
        pointer = try require(BIO_new(BIO_s_mem()), "make a buffer")
    }

    /// One that reads from bytes, which must outlive it.
    init(reading bytes: UnsafeRawBufferPointer) throws {
        guard let count = Int32(exactly: bytes.count) else {
            throw OpenSSLError.wrongSize("A file of 2 GiB or more is no key")
        }
        pointer = try require(BIO_new_mem_buf(bytes.baseAddress, count), "make a buffer")
    }

    // BIO_free fails for NULL only.
    deinit { _ = BIO_free(pointer) }

    /// Calls one of OpenSSL's writing functions and returns what it wrote.
    static func collect(_ write: (OpaquePointer) -> Int32) throws -> [UInt8] {
        let buffer = try MemoryBuffer()
        try require(write(buffer.pointer), "write a key or certificate")
        var start: UnsafeMutablePointer<CChar>?
        let count = COpenSSL_BIO_get_mem_data(buffer.pointer, &start)
        guard let start, count > 0 else { throw OpenSSLError.library("write a key or certificate") }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}

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

/// Comparisons whose time says nothing about where two values differ.
public enum ConstantTime {
    /// Whether two values of the same length are equal.
    ///
    /// - Parameters:
    ///   - left: One value.
    ///   - right: The other.
    /// - Returns: False at once where their lengths differ.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }
}

/// The system's cryptographic random numbers, through OpenSSL's generator.
public enum SecureRandom {
    /// Generates random bytes.
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
    /// - Parameter buffer: The buffer, filled completely.
    /// - Throws: ``OpenSSLError`` when the generator cannot be seeded.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return }
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        try require(RAND_bytes_ex(nil, bytes, buffer.count, 0), "draw random numbers")
    }
}
