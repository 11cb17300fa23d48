/// `failed.*` or `in_doubt.*`: rows in the input's own form. The file comes into being with its first row.
struct ReturnFile {
    let name: String
    private let folder: ResultFolder
    private let format: Format
    private(set) var file: ResultFile?

    private enum Format {
        case csv(CSVReturnFormat)
        case jsonl(JSONReturnFormat)
    }

    init(stem: String, shape: InputShape, folder: ResultFolder) {
        name = "\(stem).\(shape.fileExtension)"
        self.folder = folder
        switch shape {
        case .csv(let delimiter, let header, let lineEnd):
            format = .csv(CSVReturnFormat(delimiter: delimiter, header: header, lineEnd: lineEnd))
        case .jsonl:
            format = .jsonl(JSONReturnFormat())
        }
    }

    mutating func append(_ rawRow: [UInt8], status: String, reason: String) throws {
        let file = try open()
        switch format {
        case .csv(let csv): try file.write(csv.line(rawRow, status, reason))
        case .jsonl(let jsonl): try file.write(jsonl.line(rawRow, status, reason))
        }
    }

    private mutating func open() throws -> ResultFile {
        if let file { return file }
        let made = try ResultFile(name, in: folder)
        if case .csv(let csv) = format { try made.write(csv.headerLine) }
        file = made
        return made
    }
}
