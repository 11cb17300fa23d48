import OpenSSL

/// Applies transforms to text in place.
enum Transformer {
    /// Applies `transform` to the UTF-8 that `text` holds.
    ///
    /// - Throws: `OpenSSLError` when a digest cannot be made.
    static func apply(_ transform: FieldTransform, to text: inout ByteBuffer) throws {
        switch transform {
        case .trim: text.rewrite(trim)
        case .digits: text.rewrite(keepDigits)
        case .lowercase: changeCase(of: &text, letters: 0x41...0x5A) { $0.lowercased() }
        case .uppercase: changeCase(of: &text, letters: 0x61...0x7A) { $0.uppercased() }
        case .sha256: try digest(&text)
        }
    }

    private static func trim(_ text: UnsafeMutableRawBufferPointer) -> Int {
        guard let first = text.firstIndex(where: { !Byte.isSpace($0) }),
            let last = text.lastIndex(where: { !Byte.isSpace($0) })
        else { return 0 }
        text.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[first...last]))
        return last + 1 - first
    }

    private static func keepDigits(_ text: UnsafeMutableRawBufferPointer) -> Int {
        var kept = 0
        for byte in text where Byte.isDigit(byte) {
            text[kept] = byte
            kept += 1
        }
        return kept
    }

    private static func changeCase(
        of text: inout ByteBuffer, letters: ClosedRange<UInt8>, beyondASCII: (String) -> String
    ) {
        let value = text.bytes
        guard value.allSatisfy({ $0 < 0x80 }) else {
            let changed = beyondASCII(String(decoding: value, as: UTF8.self))
            text.removeAll()
            return text.append(Array(changed.utf8))
        }
        text.rewrite { value in
            // Large and small letters of ASCII differ in this one bit.
            for index in value.indices where letters.contains(value[index]) { value[index] ^= 0x20 }
            return value.count
        }
    }

    private static func digest(_ text: inout ByteBuffer) throws {
        try withUnsafeTemporaryAllocation(byteCount: SHA256.byteCount, alignment: 8) { digest in
            try SHA256.digest(text.bytes, into: digest)
            text.removeAll()
            for byte in digest {
                text.append(hexadecimal(byte >> 4))
                text.append(hexadecimal(byte & 0xF))
            }
        }
    }

    private static func hexadecimal(_ value: UInt8) -> UInt8 {
        value < 10 ? Byte.zero + value : UInt8(ascii: "a") + value - 10
    }
}
