import Basics
import JSON
import RecordStore

/// Makes out what the beginning of a text is: JSON-lines, or CSV with its header.
struct HeadReader {
    let name: String
    /// The beginning of the file behind its byte order mark.
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
        /// The line and all that was read behind it.
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
