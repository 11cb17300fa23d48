import JSON
import OpenSSL

/// What identifies a record to the emulator: the SHA-256 of its request in canonical form.
struct RequestKey: Hashable, Sendable {
    let words: SIMD4<UInt64>

    init(words: SIMD4<UInt64>) {
        self.words = words
    }

    init(of request: JSONNode) throws {
        let digest = try SHA256.digest(request.canonicalBytes)
        var words = SIMD4<UInt64>()
        for (index, byte) in digest.prefix(32).enumerated() {
            words[index / 8] = words[index / 8] << 8 | UInt64(byte)
        }
        self.words = words
    }

    /// The digest as 64 lower-case hexadecimal digits.
    var hex: String {
        var digits = [UInt8]()
        digits.reserveCapacity(64)
        for index in 0..<4 {
            for shift in stride(from: 60, through: 0, by: -4) {
                let nibble = UInt8(truncatingIfNeeded: words[index] >> UInt64(shift)) & 15
                digits.append(nibble < 10 ? 48 + nibble : 87 + nibble)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
