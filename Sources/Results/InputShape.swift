/// The form of the input file, in which rows are given back to be mended and sent again.
public enum InputShape: Sendable, Equatable {
    /// CSV: the delimiter, the header line's bytes as they were, without its line end, and the line end.
    case csv(delimiter: UInt8, header: [UInt8], lineEnd: [UInt8])
    /// One JSON object per line.
    case jsonl

    /// The ending of such a file's name.
    var fileExtension: String {
        switch self {
        case .csv: "csv"
        case .jsonl: "jsonl"
        }
    }
}
