/// The kinds of file Rollcall reads, under the names a job's `source.format` uses.
public enum InputKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Comma, semicolon or tab separated, with a header.
    case csv
    /// One JSON object on each line.
    case jsonLines = "jsonl"
}
