/// The text a cell stands for.
enum CellText {
    /// Appends the text of `cell`, with doubled quotes made single (RFC 4180 §2.7).
    ///
    /// - Parameters:
    ///   - cell: the cell.
    ///   - base: the row it stands in.
    ///   - buffer: receives the text.
    static func append(_ cell: Cell, of base: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        let bytes = base.portion(cell.range)
        guard cell.hasDoubledQuotes else { return buffer.append(bytes) }
        var start = 0
        while let quote = bytes.firstOffset(of: Byte.quote, in: start..<bytes.count) {
            buffer.append(bytes.portion(start..<quote + 1))
            start = quote + 2
        }
        if start < bytes.count { buffer.append(bytes.portion(start..<bytes.count)) }
    }
}
