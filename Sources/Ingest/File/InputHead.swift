import Basics
import JSON
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

/// Makes out what the beginning of a text is: JSON-lines, or CSV with its header.
struct HeadReader {
    let name: String
    /// The beginning of the file after its byte order mark.
    let text: UnsafeRawBufferPointer
    /// Length of the byte order mark.
    let mark: Int
    /// Whether `text` reaches to the end of the file.
    let isWhole: Bool
    let mapping: FieldMapping

    /// The head of a file of the expected kind, or of the kind it looks like.
    func head(expected: InputKind?) throws(InputError) -> InputHead {
        let kind = try kind()
        guard let expected, expected != kind else {
            return kind == .csv ? try csvHead() : try jsonHead()
        }
        let fact = kind == .csv ? "is not JSON-lines" : "is JSON, not CSV"
        throw refusal("\(fact), but the job's source.format says otherwise; correct the job or choose another")
    }

    private func kind() throws(InputError) -> InputKind {
        switch text.first(where: { !Byte.isSpace($0) }) {
        case Byte.openBrace: return .jsonLines
        case Byte.openBracket:
            throw refusal("is a JSON array; write one object per line, without the brackets and commas around them")
        case nil where !isWhole: throw refusal("begins with a megabyte of white space; it is no such file")
        default: return isNamedJSON ? .jsonLines : .csv
        }
    }

    private var isNamedJSON: Bool {
        [".jsonl", ".ndjson", ".json"].contains { name.lowercased().hasSuffix($0) }
    }

    private func csvHead() throws(InputError) -> InputHead {
        let separator: SeparatorLine?
        do throws(PlanFault) {
            separator = try SeparatorLine(text)
        } catch {
            throw refusal(error.rule, atLine: 1)
        }
        let place = HeaderPlace(offset: separator?.length ?? 0, line: separator == nil ? 1 : 2)
        let rest = text.portion(place.offset..<text.count)
        guard
            let header = CSVHeader.find(in: rest, isWhole: isWhole, mapping: mapping, delimiter: separator?.delimiter),
            header.extent.length <= RecordReader.longestRecord
        else {
            throw refusal("has a header longer than 1 MiB, so it has none; the first line must name the columns")
        }
        let line = rest.portion(0..<header.extent.length)
        try requireText(line, at: place)
        do throws(PlanFault) {
            return try csvHead(of: line, header, at: place)
        } catch {
            throw refusal(error.rule, at: position(ofColumn: error.column, header, in: line, at: place))
        }
    }

    /// Where the header stands: at the beginning, or behind a line that names the delimiter.
    private struct HeaderPlace {
        let offset: Int
        /// Physical line from 1.
        let line: Int
    }

    private func csvHead(
        of line: UnsafeRawBufferPointer, _ header: CSVHeader, at place: HeaderPlace
    ) throws(PlanFault) -> InputHead {
        guard !BlankLine.isBlank(line, delimiter: header.delimiter) else {
            throw PlanFault("has no header; the first line must name the columns")
        }
        // Only very old programs end lines with CR alone; inside a header nothing else does.
        guard !Self.holdsLoneCarriageReturn(line) else {
            throw PlanFault("ends its lines with CR alone; save it with LF or CRLF line ends")
        }
        let (cells, extent) = (try header.cells.get(), header.extent)
        try HeaderRules.check(cells.names, delimiter: header.delimiter, mapping: mapping)
        try FieldPlan(header: cells.names, mapping: mapping).requireWhatEveryRecordNeeds(mapping)
        return InputHead(
            format: .csv(delimiter: header.delimiter), headerLine: Array(line.prefix(cells.length)),
            columns: cells.names, lineEnd: lineEnd(extent), hasByteOrderMark: mark > 0,
            dataOffset: mark + place.offset + extent.length + extent.lineEnd, dataLine: place.line + extent.lines)
    }

    private static func holdsLoneCarriageReturn(_ line: UnsafeRawBufferPointer) -> Bool {
        line.indices.contains {
            line[$0] == Byte.carriageReturn && ($0 + 1 == line.count || line[$0 + 1] != Byte.newline)
        }
    }

    private func position(
        ofColumn column: Int?, _ header: CSVHeader, in line: UnsafeRawBufferPointer, at place: HeaderPlace
    ) -> TextPosition {
        var position = TextPosition(line: place.line)
        guard let column, case .success(let cells) = header.cells else { return position }
        position.advance(over: line.prefix(cells.offsets[column]))
        return position
    }

    private func requireText(_ line: UnsafeRawBufferPointer, at place: HeaderPlace) throws(InputError) {
        var check = TextCheck()
        guard let fault = check.check(line) ?? check.finish() else { return }
        var position = TextPosition(line: place.line)
        position.advance(over: line.prefix(fault.offset))
        throw refusal(fault.rule, at: position)
    }
}

extension HeadReader {
    /// The first line that is not blank, as far as it has been read.
    private struct FirstLine {
        var line: UnsafeRawBufferPointer
        /// The line and all that was read after it.
        var rest: UnsafeRawBufferPointer
        /// Physical line from 1.
        var number = 1
        var extent: RecordExtent?
    }

    private func jsonHead() throws(InputError) -> InputHead {
        let first = firstLine()
        let words = first.line.filter { !Byte.isSpace($0) }
        guard words.first == Byte.openBrace else {
            throw refusal("is not JSON-lines; each line must be one JSON object", atLine: first.number)
        }
        guard !WrappedRecords.begin(in: first.rest, mapping: mapping) else { throw refusal(WrappedRecords.rule) }
        guard words.count > 1 else {
            throw refusal("has a JSON object over several lines; write each object on one line", atLine: first.number)
        }
        try refuseUnknownMembers(first)
        return InputHead(
            format: .jsonLines, headerLine: [], columns: [], lineEnd: first.extent.map(lineEnd) ?? [Byte.newline],
            hasByteOrderMark: mark > 0, dataOffset: mark, dataLine: 1)
    }

    private func firstLine() -> FirstLine {
        var first = FirstLine(line: text, rest: text)
        while let extent = RecordExtent.line(in: first.rest, isLast: isWhole), !first.rest.isEmpty {
            first.line = first.rest.portion(0..<extent.length)
            guard BlankLine.isBlank(first.line, delimiter: nil) else {
                first.extent = extent
                break
            }
            first.rest = first.rest.portion(extent.length + extent.lineEnd..<first.rest.count)
            first.line = first.rest
            first.number += 1
        }
        first.line = ByteOrderMark.dropped(from: first.line)
        first.rest = ByteOrderMark.dropped(from: first.rest)
        return first
    }

    /// Names that nothing is known for in the very first line are a wrong file rather than a wrong line.
    private func refuseUnknownMembers(_ first: FirstLine) throws(InputError) {
        do throws(PlanFault) {
            let plan = try FieldPlan(members: mapping)
            if !mapping.fields.isEmpty { try plan.requireWhatEveryRecordNeeds(mapping) }
            // A line that is no JSON is a wrong line, not a wrong file.
            guard let root = try? JSONDocument(copying: first.line).root else { return }
            try MemberRules.check(root, plan: plan, mapping: mapping)
        } catch {
            throw refusal(error.rule, atLine: first.number)
        }
    }

    private func lineEnd(_ extent: RecordExtent) -> [UInt8] {
        extent.lineEnd == 2 ? [Byte.carriageReturn, Byte.newline] : [Byte.newline]
    }

    private func refusal(_ rule: String, at position: TextPosition) -> InputError {
        InputError(file: name, line: position.line, column: position.column, rule: rule)
    }

    private func refusal(_ rule: String, atLine line: Int? = nil) -> InputError {
        InputError(file: name, line: line, rule: rule)
    }
}
