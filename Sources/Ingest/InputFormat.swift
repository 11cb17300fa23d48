/// How the records of a file are written.
public enum InputFormat: Sendable, Hashable, Codable {
    /// RFC 4180 with this byte between cells: a comma, a semicolon or a tab, found from the header.
    case csv(delimiter: UInt8)
    /// One JSON object on each line.
    case jsonLines

    /// The kind without its particulars.
    public var kind: InputKind {
        switch self {
        case .csv: .csv
        case .jsonLines: .jsonLines
        }
    }
}
