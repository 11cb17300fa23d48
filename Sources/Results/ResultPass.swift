import RecordStore

/// The one pass over a batch's records that fills all files.
struct ResultPass {
    private let csv: ResultFile
    private let jsonl: ResultFile
    private var failed: ReturnFile
    private var inDoubt: ReturnFile
    private var rows = ResultCSVFormat()
    private var lines = ResultJSONFormat()
    private var answer = AnswerCells()
    private(set) var figures = BatchFigures()
    private(set) var doubts = Doubts()

    init(folder: ResultFolder, shape: InputShape) throws {
        csv = try ResultFile("results.csv", in: folder)
        jsonl = try ResultFile("results.jsonl", in: folder)
        failed = ReturnFile(stem: "failed", shape: shape, folder: folder)
        inDoubt = ReturnFile(stem: "in_doubt", shape: shape, folder: folder)
        try csv.write(rows.header())
    }

    /// The files that came into being, in the order in which they are renamed.
    var files: [ResultFile] { [csv, jsonl, failed.file, inDoubt.file].compactMap { $0 } }

    mutating func take(_ view: RecordView) throws {
        let row = try ResultRow(view)
        answer.read(row)
        try csv.write(rows.line(row, answer))
        try jsonl.write(lines.line(row, answer))
        try giveBack(row)
        figures.add(row, answer)
        doubts.add(view)
    }

    private mutating func giveBack(_ row: ResultRow) throws {
        guard let rawRow = row.rawRow else { return }
        // Only a row too long to be kept is empty.
        let reason = rawRow.isEmpty ? "\(row.reason); take line \(row.line) from the input file" : row.reason
        // Nothing that may have been billed is offered to be mended and run again.
        if row.status == .inDoubt || row.isResolvedByHand {
            try inDoubt.append(rawRow, status: row.status.rawValue, reason: reason)
        } else if row.status == .failed || row.status == .invalid {
            try failed.append(rawRow, status: row.status.rawValue, reason: reason)
        }
    }
}
