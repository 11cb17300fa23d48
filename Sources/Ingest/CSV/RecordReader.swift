import Basics
import Foundation

/// Reads the records of a file one after the other in constant memory, however long its lines.
struct RecordReader: ~Copyable {
    /// The longest record that is read, in bytes; a longer one is reported and passed over.
    static let longestRecord = 1 << 20
    /// Bytes requested from the file at once.
    static let portion = 1 << 18

    /// Offset in the file of the next record.
    private(set) var offset: Int
    /// Physical line from 1 of the next record.
    private(set) var line: Int
    /// Lines that hold no record and were passed over: empty ones, and rows whose cells are all empty.
    private(set) var blankLines = 0

    private let source: any ByteSource
    private let delimiter: UInt8?
    private let limit: Int
    private let portion: Int
    private let buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Prepares reading.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - delimiter: the byte between cells of CSV; nil where a record is a physical line.
    ///   - offset: offset in bytes of the first record to read.
    ///   - line: physical line, from 1, of that record.
    ///   - limit: longest record in bytes.
    ///   - portion: bytes requested from the source at once.
    init(
        source: any ByteSource, delimiter: UInt8?, offset: Int, line: Int, limit: Int = Self.longestRecord,
        portion: Int = Self.portion
    ) {
        self.source = source
        self.delimiter = delimiter
        self.offset = offset
        self.line = line
        self.limit = limit
        self.portion = portion
        // Two bytes more for the line end of a record that just fits.
        buffer = .allocate(byteCount: limit + 2 + portion, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// The next record; lines that hold none are passed over and counted.
    ///
    /// - Returns: nil at the end of the file.
    /// - Throws: `InputError` when the file cannot be read.
    mutating func next() throws(InputError) -> ScannedRecord? {
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
            if rest.isEmpty, isAtEnd { return nil }
            if let extent = extent(of: rest) {
                if let record = takeUnlessBlank(extent, of: rest) { return record }
            } else if rest.count > limit + 1 {
                if let record = try passOver(rest) { return record }
            } else {
                try refill()
            }
        }
    }

    private func extent(of rest: UnsafeRawBufferPointer) -> RecordExtent? {
        guard !rest.isEmpty else { return nil }
        guard let delimiter else { return .line(in: rest, isLast: isAtEnd) }
        return .csv(in: rest, delimiter: delimiter, isLast: isAtEnd)
    }

    private mutating func takeUnlessBlank(_ extent: RecordExtent, of rest: UnsafeRawBufferPointer) -> ScannedRecord? {
        let record = take(extent, of: rest)
        guard !record.isTooLong, BlankLine.isBlank(record.bytes, delimiter: delimiter) else { return record }
        // A Ctrl-Z after the last line is not a line.
        if extent.length == 0 || !record.bytes.isEmpty { blankLines += 1 }
        return nil
    }

    private mutating func take(_ extent: RecordExtent, of rest: UnsafeRawBufferPointer) -> ScannedRecord {
        let isTooLong = extent.length > limit
        var length = isTooLong ? 0 : extent.length
        // Only the last line has no end; what old programs put after it does not belong to it.
        if extent.lineEnd == 0 { while length > 0, rest[length - 1] == Byte.endMark { length -= 1 } }
        let record = ScannedRecord(bytes: rest.portion(0..<length), line: line, isTooLong: isTooLong)
        start += extent.length + extent.lineEnd
        offset += extent.length + extent.lineEnd
        line += extent.lines
        return record
    }

    /// Deals with a record whose end is not in the buffer though more than the limit is.
    private mutating func passOver(_ rest: UnsafeRawBufferPointer) throws(InputError) -> ScannedRecord? {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { scratch.deallocate() }
        var ending = try OverlongRecord.ending(in: source, from: offset, delimiter: delimiter, buffer: scratch)
        if ending == .broken {
            if let first = RecordExtent.line(in: rest, isLast: false) {
                return takeUnlessBlank(first, of: rest)
            }
            ending = try OverlongRecord.ending(in: source, from: offset, delimiter: nil, buffer: scratch)
        }
        guard case .found(let next, let lines) = ending else { return nil }
        let record = ScannedRecord(bytes: UnsafeRawBufferPointer(start: nil, count: 0), line: line, isTooLong: true)
        (start, end, isAtEnd, offset) = (0, 0, false, next)
        line += lines
        return record
    }

    private mutating func refill() throws(InputError) {
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            (start, end) = (0, end - start)
        }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[end...].prefix(portion))
        let count = try source.read(into: free, at: offset + end)
        end += count
        isAtEnd = count == 0
    }
}

/// One record as it is in the file.
struct ScannedRecord {
    /// The record without its line end; valid until the next is read. Empty when `isTooLong`.
    let bytes: UnsafeRawBufferPointer
    /// Physical line from 1 at which the record starts.
    let line: Int
    /// Whether the record is longer than the reader's limit, so that its bytes were passed over.
    let isTooLong: Bool
}

/// All that is needed to make the request of a record again from its raw row: stored, sealed, with the batch.
package struct RecordLayout: Sendable, Hashable, Codable {
    /// How the records are written.
    package let format: InputFormat
    /// CSV's header as it stood in the file, without byte order mark and line end; empty for JSON-lines.
    package let headerLine: [UInt8]
    /// The line end after the header, or of the first line: LF or CRLF.
    package let lineEnd: [UInt8]
    /// Whether the file began with a byte order mark.
    package let hasByteOrderMark: Bool
    /// CSV's column names in order; empty for JSON-lines.
    package let columns: [String]
    package let mapping: FieldMapping

    /// Describes how a file's records are laid out.
    ///
    /// - Parameters:
    ///   - format: how the records are written.
    ///   - headerLine: the header as it stood in the file.
    ///   - lineEnd: the line end after the header.
    ///   - hasByteOrderMark: whether the file began with a byte order mark.
    ///   - columns: the column names in order.
    ///   - mapping: the job's mapping.
    package init(
        format: InputFormat, headerLine: [UInt8], lineEnd: [UInt8], hasByteOrderMark: Bool, columns: [String],
        mapping: FieldMapping
    ) {
        self.format = format
        self.headerLine = headerLine
        self.lineEnd = lineEnd
        self.hasByteOrderMark = hasByteOrderMark
        self.columns = columns
        self.mapping = mapping
    }

    /// Reads a layout that `encoded()` wrote.
    ///
    /// - Parameter bytes: the layout as it was stored.
    /// - Throws: `DecodingError` for anything else.
    package init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// The layout as bytes to be stored. The same layout always gives the same bytes.
    ///
    /// - Throws: `EncodingError`, which no layout gives rise to.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(self))
    }

    /// How rows become requests.
    func plan() throws(PlanFault) -> FieldPlan {
        switch format {
        case .csv: try FieldPlan(header: columns, mapping: mapping)
        case .jsonLines: try FieldPlan(members: mapping)
        }
    }
}

/// Finds the end of a record too long to be held, reading on block by block in constant memory.
private struct OverlongRecord {
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
