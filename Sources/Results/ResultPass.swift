import RecordStore

/// The one pass over a batch's records that fills all files.
struct ResultPass {
    private let csv: ResultFile
    private let jsonl: ResultFile
    private var returned: [ReturnFile.Kind: ReturnFile]
    private var rows: ResultCSVFormat
    private var lines = ResultJSONFormat()
    private var answer = AnswerCells()
    private(set) var figures = BatchFigures()
    private(set) var inDoubtSummary = InDoubtSummary()

    init(_ batch: Batch, folder: ResultFolder, returning format: any ReturnFormat, options: ResultOptions) throws {
        csv = try ResultFile("results.csv", in: folder)
        jsonl = try ResultFile("results.jsonl", in: folder)
        returned = Dictionary(
            uniqueKeysWithValues: ReturnFile.Kind.allCases.map { kind in
                (kind, ReturnFile(kind, of: batch.name, as: format, in: folder))
            })
        rows = ResultCSVFormat(options, inputDelimiter: format.delimiter)
        try csv.write(rows.header())
    }

    /// The files that came into being, in the order in which they are renamed.
    var files: [ResultFile] { [csv, jsonl] + ReturnFile.Kind.allCases.compactMap { returned[$0]?.file } }

    mutating func take(_ view: RecordView) throws {
        let row = try ResultRow(view)
        answer.read(row)
        try csv.write(rows.line(row, answer))
        try jsonl.write(lines.line(row, answer))
        if let rawRow = row.rawRow, let kind = ReturnFile.Kind(of: row) { try returned[kind]?.append(row, rawRow) }
        figures.add(row, answer)
        inDoubtSummary.add(view)
    }
}
