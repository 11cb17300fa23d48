/// How far a record reaches in a block of bytes.
struct RecordExtent: Sendable, Equatable {
    /// Bytes of the record without its line end.
    var length: Int
    /// Bytes of the line end: 0 at the end of the file, 1 for LF, 2 for CRLF.
    var lineEnd: Int
    /// Physical lines the record takes up.
    var lines: Int

    /// The physical line at the beginning of `bytes`, nil where its end is not there yet.
    static func line(in bytes: UnsafeRawBufferPointer, isLast: Bool) -> RecordExtent? {
        let newline = bytes.firstOffset(of: Byte.newline, in: 0..<bytes.count)
        guard newline != nil || isLast else { return nil }
        return RecordExtent(in: bytes, newline: newline, lines: 1)
    }

    private init(in bytes: UnsafeRawBufferPointer, newline: Int?, lines: Int) {
        let end = newline ?? bytes.count
        let length = end > 0 && bytes[end - 1] == Byte.carriageReturn ? end - 1 : end
        self.length = length
        lineEnd = end - length + (newline == nil ? 0 : 1)
        self.lines = lines
    }
}

extension RecordExtent {
    /// The RFC 4180 record at the beginning of `bytes`, nil where its end is not there yet.
    ///
    /// Quotes that are opened and never properly closed end at the physical line where they were opened, so that one
    /// lone quote spoils its own line and not the rest of the file.
    static func csv(in bytes: UnsafeRawBufferPointer, delimiter: UInt8, isLast: Bool) -> RecordExtent? {
        var from = 0
        var newline = bytes.firstOffset(of: Byte.newline, in: 0..<bytes.count)
        while let quote = openingQuote(in: bytes, range: from..<(newline ?? bytes.count), delimiter: delimiter) {
            switch QuotedCell.end(in: bytes, openedAt: quote, delimiter: delimiter, isLast: isLast) {
            case .closed(let behind): from = behind
            case .unfinished: return isLast ? line(in: bytes, isLast: true) : nil
            case .broken: return line(in: bytes, isLast: isLast)
            }
            if let earlier = newline, earlier < from {
                newline = bytes.firstOffset(of: Byte.newline, in: from..<bytes.count)
            }
        }
        guard newline != nil || isLast else { return nil }
        let lines = from == 0 ? 1 : 1 + bytes.count(of: Byte.newline, in: 0..<(newline ?? bytes.count))
        return RecordExtent(in: bytes, newline: newline, lines: lines)
    }

    /// A quote opens a cell only where the cell begins (RFC 4180 §2.5); a byte order mark may stand before the first one
    /// where files were joined.
    private static func openingQuote(
        in bytes: UnsafeRawBufferPointer, range: Range<Int>, delimiter: UInt8
    ) -> Int? {
        var from = range.lowerBound
        while let quote = bytes.firstOffset(of: Byte.quote, in: from..<range.upperBound) {
            if quote == 0 || bytes[quote - 1] == delimiter { return quote }
            if quote == ByteOrderMark.utf8.count, ByteOrderMark.length(in: bytes) == quote { return quote }
            from = quote + 1
        }
        return nil
    }
}
