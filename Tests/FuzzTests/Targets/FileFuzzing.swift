import Basics
import RecordStore

@testable import Ingest

/// CSV, with its header.
enum CSVFuzzing {
    static func read(_ bytes: [UInt8]) -> String? { RecordFuzzing.read(bytes, as: .csv) }
}

/// JSON-lines, in the API's shape or flat.
enum JSONLinesFuzzing {
    static func read(_ bytes: [UInt8]) -> String? { RecordFuzzing.read(bytes, as: .jsonLines) }
}

/// What both have in common: from bytes to records, and from records to requests.
enum RecordFuzzing {
    /// Bytes in memory, read in portions.
    private struct Source: ByteSource {
        let bytes: [UInt8]
        let portion: Int

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int {
            let count = min(bytes.count - offset, buffer.count, portion)
            guard count > 0 else { return 0 }
            buffer.copyBytes(from: bytes[offset..<offset + count])
            return count
        }
    }

    /// Reads the head of a file and then its records, in portions of two sizes, and makes each record's request twice.
    static func read(_ bytes: [UInt8], as kind: InputKind) -> String? {
        // A file that is refused is no input.
        guard let head = head(of: bytes, kind) else { return nil }
        let whole = records(bytes, behind: head, portion: 1 << 12)
        guard whole == records(bytes, behind: head, portion: 3) else {
            return "records depend on how much is read at once"
        }
        let layout = RecordLayout(
            format: head.format, headerLine: head.headerLine, lineEnd: head.lineEnd,
            hasByteOrderMark: head.hasByteOrderMark, columns: head.columns, mapping: FieldMapping())
        guard var builder = try? RequestBuilder(layout: layout) else { return nil }
        for (index, record) in whole.enumerated() where String(validating: record, as: UTF8.self) != nil {
            guard let first = request(record, index, &builder) else { continue }
            guard first == request(record, index, &builder) else { return "the same record gives two requests" }
            if first.isEmpty { return "a record that may be sent has no request" }
        }
        return nil
    }

    private static func head(of bytes: [UInt8], _ kind: InputKind) -> InputHead? {
        bytes.withUnsafeBytes { bytes in
            let mark = ByteOrderMark.length(in: bytes)
            let text = UnsafeRawBufferPointer(rebasing: bytes[mark...])
            let reader = HeadReader(name: "fuzz", text: text, mark: mark, isWhole: true, mapping: FieldMapping())
            return try? reader.head(expected: kind)
        }
    }

    private static func records(_ bytes: [UInt8], behind head: InputHead, portion: Int) -> [[UInt8]] {
        let delimiter: UInt8? = if case .csv(let byte) = head.format { byte } else { nil }
        var reader = RecordReader(
            source: Source(bytes: bytes, portion: portion), delimiter: delimiter, offset: head.dataOffset,
            line: head.dataLine, limit: 1 << 10, portion: portion)
        var records: [[UInt8]] = []
        // Memory is always read; the reader says so only of files.
        while let record = try? reader.next() { records.append(record.isTooLong ? [] : Array(record.bytes)) }
        return records
    }

    /// The request of a record; nil where it is refused.
    private static func request(_ record: [UInt8], _ index: Int, _ builder: inout RequestBuilder) -> [UInt8]? {
        // No account is hashed here, so nothing is thrown.
        let isBuilt = record.withUnsafeBytes { (try? builder.build(rawRow: $0, line: index + 2)) ?? false }
        return isBuilt ? Array(builder.request) : nil
    }
}
