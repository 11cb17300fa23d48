/// The end of a cell that began with a quote (RFC 4180 §2.5 to §2.7).
enum QuotedCell: Equatable {
    /// Closed: the offset behind the closing quote, where a delimiter, a line end or the end of the file stands.
    case closed(behind: Int)
    /// The bytes end before the closing quote, or too soon to tell whether this is one.
    case unfinished
    /// Something else follows the closing quote: the offset behind that.
    case broken(behind: Int)

    /// Looks for the end of the cell whose opening quote is at `opening`; a doubled quote stands for one of the text.
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
