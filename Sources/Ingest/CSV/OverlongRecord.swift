import Basics

/// Finds the end of a record too long to be held, reading on block by block in constant memory.
struct OverlongRecord {
    enum Ending: Equatable {
        /// The record reaches to `offset`, where the next begins, over so many physical lines.
        case found(offset: Int, lines: Int)
        /// A quote is opened in it and never properly closed.
        case broken
    }

    private enum State { case cellStart, plain, quoted, quoteInQuoted, returnAfterQuote }

    private var state = State.cellStart
    private var lines = 0
    private let delimiter: UInt8?

    /// - Parameter delimiter: the byte between cells; nil to look only for the end of the physical line.
    private init(delimiter: UInt8?) {
        self.delimiter = delimiter
        if delimiter == nil { state = .plain }
    }

    /// Passes over the record that begins at `start`.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - start: offset of the record's first byte.
    ///   - delimiter: the byte between cells; nil where a record is a physical line.
    ///   - buffer: memory to read into; what it held is lost.
    /// - Returns: where the record ends, or that its quotes do not.
    /// - Throws: `InputError` when the file cannot be read.
    static func ending(
        in source: any ByteSource, from start: Int, delimiter: UInt8?, buffer: UnsafeMutableRawBufferPointer
    ) throws(InputError) -> Ending {
        var scan = OverlongRecord(delimiter: delimiter)
        var offset = start
        while true {
            let count = try source.read(into: buffer, at: offset)
            guard count > 0 else { return scan.atEnd(offset) }
            let block = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
            if let ending = scan.advance(over: block, at: offset) { return ending }
            offset += count
        }
    }

    private func atEnd(_ offset: Int) -> Ending {
        state == .quoted ? .broken : .found(offset: offset, lines: lines + 1)
    }

    private mutating func advance(over block: UnsafeRawBufferPointer, at offset: Int) -> Ending? {
        var here = 0
        while here < block.count {
            let byte = block[here]
            if byte == Byte.newline {
                lines += 1
                if state != .quoted { return .found(offset: offset + here + 1, lines: lines) }
            } else if !step(byte) {
                return .broken
            }
            here += 1
        }
        return nil
    }

    /// Takes one byte that is no newline; false where it breaks the quoting.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch (state, byte) {
        case (.quoted, Byte.quote): state = .quoteInQuoted
        case (.quoted, _): break
        case (.quoteInQuoted, Byte.quote): state = .quoted
        case (.quoteInQuoted, Byte.carriageReturn): state = .returnAfterQuote
        case (_, _) where byte == delimiter && state != .returnAfterQuote: state = .cellStart
        case (.quoteInQuoted, _), (.returnAfterQuote, _): return false
        case (.cellStart, Byte.quote): state = .quoted
        default: state = .plain
        }
        return true
    }
}
