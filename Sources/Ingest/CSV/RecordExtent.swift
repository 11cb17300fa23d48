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

/// The end of a cell that began with a quote (RFC 4180 §2.5 to §2.7).
enum QuotedCell: Equatable {
    /// Closed: the offset after the closing quote, where a delimiter, a line end or the end of the file stands.
    case closed(behind: Int)
    /// The bytes end before the closing quote, or too soon to tell whether this is the closing one.
    case unfinished
    /// Something else follows the closing quote: the offset behind that.
    case broken(behind: Int)

    /// Looks for the end of the cell whose opening quote is at `opening`; a doubled quote is one quote of the text.
    static func end(
        in bytes: UnsafeRawBufferPointer, openedAt opening: Int, delimiter: UInt8, isLast: Bool
    ) -> QuotedCell {
        var from = opening + 1
        while let quote = bytes.firstOffset(of: Byte.quote, in: from..<bytes.count) {
            let behind = quote + 1
            guard behind < bytes.count else { return isLast ? .closed(behind: behind) : .unfinished }
            if bytes[behind] == Byte.quote {
                from = behind + 1
            } else {
                return follow(in: bytes, at: behind, delimiter: delimiter, isLast: isLast)
            }
        }
        return .unfinished
    }

    private static func follow(
        in bytes: UnsafeRawBufferPointer, at behind: Int, delimiter: UInt8, isLast: Bool
    ) -> QuotedCell {
        switch bytes[behind] {
        case delimiter, Byte.newline: return .closed(behind: behind)
        case Byte.carriageReturn:
            guard behind + 1 < bytes.count else { return isLast ? .closed(behind: behind) : .unfinished }
            return bytes[behind + 1] == Byte.newline ? .closed(behind: behind) : .broken(behind: behind)
        default: return .broken(behind: behind)
        }
    }
}

/// A line without a visible character: empty, of white space, or a row of CSV whose cells are all empty. It is not a
/// record.
enum BlankLine {
    /// Whether a line is blank in this sense.
    ///
    /// - Parameters:
    ///   - line: the line without its line end.
    ///   - delimiter: the byte between cells of CSV; nil where a line is no row.
    /// - Returns: whether it is.
    @inline(__always)
    static func isBlank(_ line: UnsafeRawBufferPointer, delimiter: UInt8?) -> Bool {
        guard let first = line.first else { return true }
        if InvisibleCharacters.isGraphic(first), first != delimiter, first != Byte.quote { return false }
        return isBlankSlowly(line, delimiter: delimiter)
    }

    @inline(never)
    private static func isBlankSlowly(_ line: UnsafeRawBufferPointer, delimiter: UInt8?) -> Bool {
        guard let delimiter else { return InvisibleCharacters.trimmed(line).isEmpty }
        var start = 0
        while start <= line.count {
            let rest = line.portion(start..<line.count)
            guard let end = emptyCellEnd(rest, delimiter: delimiter) else { return false }
            start += end + 1
        }
        return true
    }

    /// Where the cell at the beginning of `rest` ends, if it is empty; quotes may stand around the nothing in it.
    private static func emptyCellEnd(_ rest: UnsafeRawBufferPointer, delimiter: UInt8) -> Int? {
        let end = rest.firstOffset(of: delimiter, in: 0..<rest.count) ?? rest.count
        let cell = InvisibleCharacters.trimmed(rest.portion(0..<end))
        if cell.isEmpty { return end }
        guard cell.count >= 2, cell.first == Byte.quote, cell.last == Byte.quote,
            InvisibleCharacters.trimmed(cell.portion(1..<cell.count - 1)).isEmpty
        else { return nil }
        return end
    }
}
