/// The gzip format (RFC 1952) around blocks that are stored and not compressed (RFC 1951 §3.2.4): enough for whoever can
/// read gzip, and for whoever cannot to see nothing else.
enum Gzip {
    /// The bytes as a gzip file of one member.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        // Magic number, deflate, no flags, no time, no extra flags, unknown system.
        var coded: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(Int(UInt16.max))
            rest = rest.dropFirst(block.count)
            coded.append(rest.isEmpty ? 1 : 0)
            append(UInt32(block.count), 2, to: &coded)
            append(~UInt32(block.count), 2, to: &coded)
            coded += block
        } while !rest.isEmpty
        append(checksum(of: bytes), 4, to: &coded)
        append(UInt32(truncatingIfNeeded: bytes.count), 4, to: &coded)
        return coded
    }

    /// CRC-32 (RFC 1952 §8).
    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    /// The low bytes of a number, the lowest first.
    private static func append(_ number: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * index))) }
    }
}
