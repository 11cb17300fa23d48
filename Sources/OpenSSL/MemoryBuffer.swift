import COpenSSL

/// The owner of a `BIO` that lies in memory.
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

    /// Calls one of OpenSSL's writing functions and gives what it wrote.
    static func collect(_ write: (OpaquePointer) -> Int32) throws -> [UInt8] {
        let buffer = try MemoryBuffer()
        try require(write(buffer.pointer), "write a key or certificate")
        var start: UnsafeMutablePointer<CChar>?
        let count = COpenSSL_BIO_get_mem_data(buffer.pointer, &start)
        guard let start, count > 0 else { throw OpenSSLError.library("write a key or certificate") }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
