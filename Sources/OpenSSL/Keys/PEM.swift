import COpenSSL

/// One armoured block of a PEM file (RFC 7468, and RFC 1421 for the headers of OpenSSL's older encrypted keys).
struct PEMBlock {
    /// The label after `BEGIN`.
    let label: String
    /// The lines before the base64; only `Proc-Type` and `DEK-Info` are in use.
    let header: String
    /// The decoded base64.
    let body: [UInt8]

    /// RFC 1421 §4.6.1.1.
    var isEncrypted: Bool { header.contains("ENCRYPTED") }
}

/// Reads PEM files, with or without text around the blocks.
enum PEM {
    private static let marker = Array("-----BEGIN ".utf8)
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    static func isLikely(_ bytes: [UInt8]) -> Bool {
        bytes.firstRange(of: marker) != nil
    }

    /// All blocks in the file's order; nil when one of them is broken.
    static func blocks(in bytes: [UInt8]) throws -> [PEMBlock]? {
        let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(byteOrderMark.count) : bytes[...]
        return try text.withUnsafeBytes { text in
            let source = try MemoryBuffer(reading: text)
            var blocks: [PEMBlock] = []
            while let block = nextBlock(from: source) { blocks.append(block) }
            // The end is reported as "no start line" (man 3 PEM_read_bio); anything else is a broken block.
            let reason = ERR_GET_REASON(ERR_peek_last_error())
            ERR_clear_error()
            return reason == PEM_R_NO_START_LINE ? blocks : nil
        }
    }

    private static func nextBlock(from source: borrowing MemoryBuffer) -> PEMBlock? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var body: UnsafeMutablePointer<UInt8>?
        var count = 0
        let found = PEM_read_bio(source.pointer, &label, &header, &body, &count)
        guard found > 0, let label, let header else { return nil }
        defer {
            CRYPTO_free(label, #fileID, #line)
            CRYPTO_free(header, #fileID, #line)
            CRYPTO_clear_free(body, count, #fileID, #line)
        }
        return PEMBlock(
            label: String(cString: label), header: String(cString: header),
            body: Array(UnsafeBufferPointer(start: body, count: count)))
    }
}

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

    /// Whether the bytes are exactly one DER SEQUENCE.
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
