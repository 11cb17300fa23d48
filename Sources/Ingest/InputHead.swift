import Basics

/// The beginning of a file: its kind, its header, and where the records begin.
struct InputHead {
    let format: InputFormat
    let headerLine: [UInt8]
    let columns: [String]
    let lineEnd: [UInt8]
    let hasByteOrderMark: Bool
    /// Offset in bytes of the first record.
    let dataOffset: Int
    /// Physical line from 1 at which it stands.
    let dataLine: Int
}

extension InputHead {
    /// Reads the beginning of a file.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - mapping: the job's mapping.
    ///   - expected: the kind of file the job speaks of, nil where any will do.
    /// - Returns: what the file is, and where its records begin.
    /// - Throws: `InputError` for a file that is no such file at all.
    static func read(_ file: OpenFile, mapping: FieldMapping, expected: InputKind?) throws(InputError) -> InputHead {
        let start = try readStart(file)
        return try start.withBytes { bytes throws(InputError) in
            if let rule = ForeignFile.rule(for: bytes) { throw InputError(file: file.name, rule: rule) }
            let mark = ByteOrderMark.length(in: bytes)
            let text = bytes.portion(mark..<bytes.count)
            let isWhole = bytes.count <= longestHeader
            let reader = HeadReader(name: file.name, text: text, mark: mark, isWhole: isWhole, mapping: mapping)
            return try reader.head(expected: expected)
        }
    }

    /// No header is longer than a record may be.
    private static let longestHeader = RecordReader.longestRecord

    private static func readStart(_ file: OpenFile) throws(InputError) -> StartOfFile {
        guard try file.identity().byteCount > 0 else {
            throw InputError(file: file.name, rule: "is empty; even a file without records needs its header")
        }
        return try StartOfFile(of: file, atMost: longestHeader + 1)
    }
}
