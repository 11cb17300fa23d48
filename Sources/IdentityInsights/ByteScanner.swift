/// Walks a value's bytes from left to right, for patterns that need no way back.
struct ByteScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Skips one byte if it is this one.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Skips the bytes that satisfy `condition`, at most `limit`, and says how many.
    mutating func skip(atMost limit: Int = .max, while condition: (UInt8) -> Bool) -> Int {
        let start = position
        while position < bytes.count, position - start < limit, condition(bytes[position]) {
            position += 1
        }
        return position - start
    }

    /// Skips `[0-9]*` and says how many.
    mutating func skipDigits() -> Int {
        skip(while: TextPattern.isDigit)
    }

    /// Skips ASCII white space, `\s` of the document's patterns.
    mutating func skipSpace() {
        _ = skip { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }
}
