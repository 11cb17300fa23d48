import JSON

/// Makes out what the beginning of a text is.
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
        guard let extent = headerExtent(), extent.length <= RecordReader.longestRecord else {
            throw refusal("has a header longer than 1 MiB, so it has none; the first line must name the columns")
        }
        let line = text.portion(0..<extent.length)
        try requireText(line)
        do throws(PlanFault) {
            return try csvHead(of: line, extent)
        } catch {
            throw refusal(error.rule, at: position(ofColumn: error.column, in: line))
        }
    }

    /// The header as a record of its own; the delimiter, on which the end of a quoted name depends, is taken from its
    /// first physical line.
    private func headerExtent() -> RecordExtent? {
        guard let first = RecordExtent.line(in: text, isLast: isWhole) else { return nil }
        let delimiter = HeaderCells.delimiter(of: text.portion(0..<first.length))
        return .csv(in: text, delimiter: delimiter, isLast: isWhole)
    }

    private func csvHead(of line: UnsafeRawBufferPointer, _ extent: RecordExtent) throws(PlanFault) -> InputHead {
        guard line.contains(where: { !Byte.isSpace($0) }) else {
            throw PlanFault("has no header; the first line must name the columns")
        }
        // Only very old programs end lines with CR alone; inside a header nothing else does.
        guard !line.contains(Byte.carriageReturn) else {
            throw PlanFault("ends its lines with CR alone; save it with LF or CRLF line ends")
        }
        let header = try HeaderCells(line)
        _ = try FieldPlan(header: header.names, mapping: mapping)
        return InputHead(
            format: .csv(delimiter: header.delimiter), headerLine: Array(line), columns: header.names,
            lineEnd: lineEnd(extent), hasByteOrderMark: mark > 0,
            dataOffset: mark + extent.length + extent.lineEnd, dataLine: 1 + extent.lines)
    }

    private func position(ofColumn column: Int?, in line: UnsafeRawBufferPointer) -> TextPosition {
        var position = TextPosition()
        guard let column, let header = try? HeaderCells(line) else { return position }
        position.advance(over: line.prefix(header.offsets[column]))
        return position
    }

    private func requireText(_ line: UnsafeRawBufferPointer) throws(InputError) {
        var check = TextCheck()
        guard let fault = check.check(line) ?? check.finish() else { return }
        var position = TextPosition()
        position.advance(over: line.prefix(fault.offset))
        throw refusal(fault.rule, at: position)
    }
}

extension HeadReader {
    private func jsonHead() throws(InputError) -> InputHead {
        let (line, number, extent) = firstLine()
        let words = line.filter { !Byte.isSpace($0) }
        guard words.first == Byte.openBrace else {
            throw refusal("is not JSON-lines; each line must be one JSON object", atLine: number)
        }
        guard words.count > 1 else {
            throw refusal("has a JSON object over several lines; write each object on one line", atLine: number)
        }
        try refuseUnknownMembers(line, number: number)
        return InputHead(
            format: .jsonLines, headerLine: [], columns: [], lineEnd: extent.map(lineEnd) ?? [Byte.newline],
            hasByteOrderMark: mark > 0, dataOffset: mark, dataLine: 1)
    }

    /// The first line that is not blank, as far as it has been read.
    private func firstLine() -> (line: UnsafeRawBufferPointer, number: Int, extent: RecordExtent?) {
        var rest = text
        var number = 1
        while let extent = RecordExtent.line(in: rest, isLast: isWhole), !rest.isEmpty {
            let line = rest.portion(0..<extent.length)
            if line.contains(where: { !Byte.isSpace($0) }) { return (line, number, extent) }
            rest = rest.portion(extent.length + extent.lineEnd..<rest.count)
            number += 1
        }
        return (rest, number, nil)
    }

    /// Names that nothing is known for in the very first line are a wrong file rather than a wrong line.
    private func refuseUnknownMembers(_ line: UnsafeRawBufferPointer, number: Int) throws(InputError) {
        do throws(PlanFault) {
            let plan = try FieldPlan(members: mapping)
            guard let root = try? JSONDocument(copying: line).root else { return }
            try MemberRules.check(root, plan: plan, mapping: mapping)
        } catch {
            throw refusal(error.rule, atLine: number)
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
