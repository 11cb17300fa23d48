/// The formats of `rollcall export`.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// As `results.csv`.
    case csv
    /// As `results.jsonl`.
    case jsonl
}
