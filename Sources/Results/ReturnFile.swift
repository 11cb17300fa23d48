import RecordStore

/// The input's own form, in which rows are given back to be mended and sent again.
public protocol ReturnFormat: Sendable {
    /// The ending of such a file's name.
    var fileExtension: String { get }
    /// What stands before the first row.
    var beginning: [UInt8] { get }
    /// The byte between cells; nil where the input has none.
    var delimiter: UInt8? { get }

    /// One row, ready to be written.
    ///
    /// - Parameters:
    ///   - rawRow: the record as it stood in the file; empty where it was too long to be kept.
    ///   - status: what became of it.
    ///   - reason: why, without any value.
    ///   - line: the physical line it started at, from 1.
    ///   - batch: its batch's name.
    /// - Returns: the row with its line end.
    func line(_ rawRow: [UInt8], status: String, reason: String, line: Int, batch: String) -> [UInt8]
}

/// `failed.*`, `in_doubt.*` or `cancelled.*`: rows in the input's own form. The file comes into being with its first row.
struct ReturnFile {
    /// The files there can be; each is there only while there are rows for it.
    enum Kind: String, CaseIterable {
        case failed
        case inDoubt = "in_doubt"
        case cancelled
    }

    private let name: String
    private let batch: String
    private let folder: ResultFolder
    private let format: any ReturnFormat
    private(set) var file: ResultFile?

    init(_ kind: Kind, of batch: String, as format: any ReturnFormat, in folder: ResultFolder) {
        name = "\(kind.rawValue).\(format.fileExtension)"
        self.batch = batch
        self.folder = folder
        self.format = format
    }

    mutating func append(_ row: ResultRow, _ rawRow: [UInt8]) throws {
        // Only a row too long to be kept is empty.
        let reason = rawRow.isEmpty ? "\(row.reason); take line \(row.line) from the input file" : row.reason
        try open().write(
            format.line(rawRow, status: row.status.rawValue, reason: reason, line: row.line, batch: batch))
    }

    private mutating func open() throws -> ResultFile {
        if let file { return file }
        let made = try ResultFile(name, in: folder)
        try made.write(format.beginning)
        file = made
        return made
    }
}

extension ReturnFile.Kind {
    /// Where a record's row is given back; nil: nowhere.
    ///
    /// Nothing that may have been billed is offered to be mended and run again beside what surely was not.
    init?(of row: ResultRow) {
        switch row.status {
        case .inDoubt: self = .inDoubt
        case .failed where row.isResolvedByHand: self = .inDoubt
        case .failed, .invalid: self = .failed
        case .cancelled: self = .cancelled
        case .queued, .inFlight, .succeeded, .reused: return nil
        }
    }
}
