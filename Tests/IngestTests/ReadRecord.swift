@testable import Ingest

/// A record as a test writes it down.
struct ReadRecord: Equatable, CustomStringConvertible {
    var line: Int
    var text: String
    var isTooLong = false

    init(_ line: Int, _ text: String, isTooLong: Bool = false) {
        self.line = line
        self.text = text
        self.isTooLong = isTooLong
    }

    var description: String { "\(line): \(text.debugDescription)\(isTooLong ? " too long" : "")" }

    /// All records of a source.
    static func all(
        of source: MemorySource, delimiter: UInt8? = UInt8(ascii: ","), limit: Int = RecordReader.longestRecord,
        portion: Int = RecordReader.portion
    ) throws -> [ReadRecord] {
        var reader = RecordReader(
            source: source, delimiter: delimiter, offset: 0, line: 1, limit: limit, portion: portion)
        var records: [ReadRecord] = []
        while let record = try reader.next() {
            let text = String(decoding: record.bytes, as: UTF8.self)
            records.append(ReadRecord(record.line, text, isTooLong: record.isTooLong))
        }
        return records
    }
}
