import Basics
package import RecordStore

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
    static func read(_ file: any InputSource, mapping: FieldMapping, expected: InputKind?) throws(InputError)
        -> InputHead
    {
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

    private static func readStart(_ file: any InputSource) throws(InputError) -> StartOfFile {
        guard try file.identity().byteCount > 0 else {
            throw InputError(file: file.name, rule: "is empty; even a file without records needs its header")
        }
        return try StartOfFile(of: file, atMost: longestHeader + 1)
    }
}

/// The first bytes of a file, held while its kind and header are found out.
struct StartOfFile: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    private let count: Int

    /// Reads up to `limit` bytes from the beginning.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - limit: how many bytes at most.
    /// - Throws: `InputError` when the file cannot be read.
    init(of source: any ByteSource, atMost limit: Int) throws(InputError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        var count = 0
        do throws(InputError) {
            while count < limit {
                let read = try source.read(into: .init(rebasing: memory[count...]), at: count)
                if read == 0 { break }
                count += read
            }
        } catch {
            memory.deallocate()
            throw error
        }
        self.memory = memory
        self.count = count
    }

    deinit { memory.deallocate() }

    borrowing func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(InputError) -> Result
    ) throws(InputError) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[0..<count]))
    }
}

/// The byte order mark some programs put before UTF-8 (RFC 3629 §6). It is not part of the first column's name, and
/// where files were joined it is not part of the line it stands before.
enum ByteOrderMark {
    static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// How many bytes of a mark stand at the beginning of `head`: three or none.
    @inline(__always)
    static func length(in head: UnsafeRawBufferPointer) -> Int {
        head.first == 0xEF && head.starts(with: utf8) ? utf8.count : 0
    }

    /// The line without a mark before it, not copied.
    @inline(__always)
    static func dropped(from line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let mark = length(in: line)
        return mark == 0 ? line : line.portion(mark..<line.count)
    }
}

/// Files that are known by their first bytes to be neither CSV nor JSON-lines.
enum ForeignFile {
    private static let signatures: [(bytes: [UInt8], rule: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], "is a zip or an .xlsx workbook; open it and save as CSV UTF-8"),
        ([0xD0, 0xCF, 0x11, 0xE0], "is an old Excel workbook (.xls); open it and save as CSV UTF-8"),
        ([0x1F, 0x8B], "is compressed with gzip; unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with zstd; unpack it first"),
        ([0x42, 0x5A, 0x68], "is compressed with bzip2; unpack it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "is compressed with xz; unpack it first"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "is a 7-Zip archive; unpack it first"),
        ([0x50, 0x41, 0x52, 0x31], "is Parquet; ask for the records as CSV UTF-8"),
        ([0x25, 0x50, 0x44, 0x46], "is a PDF; ask for the records as CSV UTF-8"),
        ([0xFF, 0xFE], "is UTF-16; save as CSV UTF-8"),
        ([0xFE, 0xFF], "is UTF-16; save as CSV UTF-8"),
    ]

    /// Beginnings of texts behind byte order mark and white space, in small letters.
    private static let texts: [(beginning: String, rule: String)] = [
        ("<!doctype html", html), ("<html", html), ("<head", html), ("<body", html), ("<script", html), ("<!--", html),
        ("<?xml", "is XML; ask for the records as CSV UTF-8 or JSON-lines"),
        ("{\\rtf", "is a text document (RTF); save the records as CSV UTF-8"),
        ("-----begin pgp", "is encrypted with PGP; decrypt it first"),
    ]

    private static let html = "is HTML: perhaps a sign-in page or an error page was saved; get the file itself"

    /// Why a file beginning with `head` is refused; nil where there is no reason to.
    static func rule(for head: UnsafeRawBufferPointer) -> String? {
        if let signature = signatures.first(where: { head.starts(with: $0.bytes) }) { return signature.rule }
        let text = ByteOrderMark.dropped(from: head).drop(while: Byte.isSpace).prefix(longestBeginning)
        let beginning = String(decoding: text, as: UTF8.self).lowercased()
        return texts.first { beginning.hasPrefix($0.beginning) }?.rule
    }

    private static let longestBeginning = texts.map(\.beginning.utf8.count).max() ?? 0
}

/// How the records of a file are written.
package enum InputFormat: Sendable, Hashable, Codable {
    /// RFC 4180 with this byte between cells: a comma, a semicolon or a tab, found from the header.
    case csv(delimiter: UInt8)
    /// One JSON object on each line.
    case jsonLines

    /// The kind without its particulars.
    package var kind: InputKind {
        switch self {
        case .csv: .csv
        case .jsonLines: .jsonLines
        }
    }
}
