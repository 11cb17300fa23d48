import COpenSSL

/// The DER forms OpenSSL reads and writes.
enum DER {
    /// Calls one of OpenSSL's `i2d_` functions, which allocate what they write.
    static func encode(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) throws -> Int32
    ) throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = try write(&start)
        try require(count, "encode a key or certificate")
        defer { CRYPTO_clear_free(start, Int(count), #fileID, #line) }
        return Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    /// Calls one of OpenSSL's `d2i_` functions; nil when the bytes are something else.
    static func decode<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> Result?
    ) -> Result? {
        var position = bytes.baseAddress
        let result = read(&position, bytes.count)
        ERR_clear_error()
        return result
    }

    /// Whether the bytes are one DER SEQUENCE that ends where they end.
    static func isSequence(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2, bytes[0] == 0x30 else { return false }
        let first = Int(bytes[1])
        guard first >= 0x80 else { return bytes.count == 2 + first }
        let lengthBytes = first & 0x7f
        guard (1...4).contains(lengthBytes), bytes.count > 2 + lengthBytes else { return false }
        let length = bytes[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
        return bytes.count == 2 + lengthBytes + length
    }
}
